"""Small changes of modules, of cosmic-ray's operators, that a test should notice."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# One or two for each operator: of the eleven that may stand for a plus most end in a TypeError,
# which any test that runs the line would notice.
_BINARY = ("Add_Sub", "Sub_Add", "Mul_Div", "Div_Mul", "FloorDiv_Mul", "Mod_FloorDiv", "Pow_Mul")
_COMPARED = (
    *("Eq_NotEq", "NotEq_Eq", "Lt_LtE", "Lt_GtE", "LtE_Lt", "LtE_Gt"),
    *("Gt_GtE", "Gt_LtE", "GtE_Gt", "GtE_Lt", "Is_IsNot", "IsNot_Is"),
)
OPERATORS = (
    *(f"ReplaceBinaryOperator_{pair}" for pair in _BINARY),
    *(f"ReplaceComparisonOperator_{pair}" for pair in _COMPARED),
    *("ReplaceUnaryOperator_Delete_USub", "ReplaceUnaryOperator_Delete_Not", "AddNot"),
    *("ReplaceTrueWithFalse", "ReplaceFalseWithTrue", "ReplaceAndWithOr", "ReplaceOrWithAnd"),
    *("ReplaceBreakWithContinue", "ReplaceContinueWithBreak"),
    *("ExceptionReplacer", "NumberReplacer", "ZeroIterationForLoop"),
)


@dataclass(frozen=True)
class Mutant:
    """A module with one change.

    Attributes:
        path: of the module.
        operator: of cosmic-ray.
        line: where the change is, from 1.
        was: the line, or lines, before it.
        now: after it.
        source: of the whole module with it.
    """

    path: Path
    operator: str
    line: int
    was: str
    now: str
    source: str


def unchanged(path: Path) -> Mutant:
    """A module as it is: the control that tests have to pass."""
    return Mutant(path, "none", 1, "", "", path.read_text(encoding="utf-8"))


def mutants_of(path: Path) -> Iterator[Mutant]:
    """All mutants of a module that may behave otherwise: annotations alone change nothing."""
    from cosmic_ray.ast import ast_nodes, get_ast  # which the tests' requirements lack
    from cosmic_ray.mutating import mutate_code
    from cosmic_ray.plugins import get_operator

    source = path.read_text(encoding="utf-8")
    known = {behaviour_of(source)}
    for name in OPERATORS:
        operator = get_operator(f"core/{name}")()
        places = sum(
            len(list(operator.mutation_positions(node))) for node in ast_nodes(get_ast(source))
        )
        for occurrence in range(places):
            try:
                mutated = mutate_code(source, operator, occurrence)
            except AttributeError:  # an exception with a dot in its name, as struct.error
                continue
            if mutated is None or (behaviour := behaviour_of(mutated)) in known:
                continue
            known.add(behaviour)
            yield Mutant(path, name, *difference(source, mutated), mutated)


class _WithoutAnnotations(ast.NodeTransformer):
    def visit_arg(self, node: ast.arg) -> ast.arg:
        return ast.arg(node.arg)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        return self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        node.annotation = ast.Constant(None)
        return self.generic_visit(node)


def behaviour_of(source: str) -> str:
    """What of a module matters when it runs; nothing where it is no Python."""
    try:
        return ast.dump(_WithoutAnnotations().visit(ast.parse(source)))
    except SyntaxError:
        return ""


def difference(source: str, mutated: str) -> tuple[int, str, str]:
    """Number of the first line that differs, the lines before and after."""
    old, new = source.splitlines(), mutated.splitlines()
    blocks = difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    _, first, last, begin, end = next(block for block in blocks if block[0] != "equal")
    was, now = (" ".join(map(str.strip, lines)) for lines in (old[first:last], new[begin:end]))
    return first + 1, was, now

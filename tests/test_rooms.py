"""The house has floors: a room imports from those below it alone; each module has its tests."""

import ast
from collections.abc import Container, Iterator
from pathlib import Path

import pytest

LIBRARY = Path(__file__).resolve().parents[1] / "shared" / "medssl"
# From the ground up; rooms of one line stand on one floor and do not know each other.
FLOORS = (
    ("causes", "config_items"),
    ("__init__", "errors", "random", "ranks"),
    (
        "archives",
        "bars",
        "commits",
        "files",
        "forms",
        "channels",
        "compiled",
        "classes",
        "pages",
        "paths",
        "signals",
        "yaml_text",
    ),
    ("processes", "sides"),
    ("weights",),
    ("store", "transforms"),
    ("phantom",),
    ("losses", "networks", "pretext"),
    ("metrics",),
    ("sources",),
    ("crops",),
    ("engines",),
    ("transfer",),
    ("analysis",),
    ("zoo",),
    ("demo",),
    ("command_line",),
    ("study",),
    ("prepare_options",),
    ("prepare", "commands"),
    ("cli",),
    ("__main__",),
)
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}


def imports(path: Path) -> Iterator[tuple[str, ...]]:
    """Modules and names inside the library that a file imports, wherever in it it does so.

    ``from .crops import chooser`` is ``crops/chooser``: a module's path, or a name behind one.
    """
    here = path.relative_to(LIBRARY).parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            base = here[: len(here) - node.level] if node.level else ()
            module = tuple(node.module.split(".")) if node.module else ()
            if node.level or module[:1] == ("medssl",):
                module = module if node.level else module[1:]
                yield from ((*base, *module, alias.name) for alias in node.names)
        elif isinstance(node, ast.Import):
            names = [alias.name.split(".") for alias in node.names]
            yield from (tuple(name[1:]) for name in names if name[0] == "medssl")


def module_of(parts: tuple[str, ...], modules: Container[tuple[str, ...]]) -> tuple[str, ...]:
    """The file that is read first for what was imported; a package is its ``__init__``."""
    tried = (parts, (*parts, "__init__"), parts[:-1], (*parts[:-1], "__init__"))
    return next((name for name in tried if name in modules), ())


def room_of(parts: tuple[str, ...]) -> str:
    return parts[0].removesuffix(".py") if parts else "__init__"


FILES = sorted(LIBRARY.rglob("*.py"))


def test_every_room_has_a_floor() -> None:
    assert {room_of(path.relative_to(LIBRARY).parts) for path in FILES} == set(FLOOR)


@pytest.mark.parametrize("room", FLOOR)
def test_nothing_imports_upwards(room: str) -> None:
    upwards = [
        f"{path.relative_to(LIBRARY)} imports {'.'.join(other)}"
        for path in FILES
        if room_of(path.relative_to(LIBRARY).parts) == room
        for other in imports(path)
        if room_of(other) != room and FLOOR.get(room_of(other), -1) >= FLOOR[room]
    ]
    assert upwards == []


def test_no_two_files_import_each_other() -> None:
    modules = {path.relative_to(LIBRARY).with_suffix("").parts: path for path in FILES}
    edges = {
        name: {module_of(other, modules) for other in imports(path)} - {name, ()}
        for name, path in modules.items()
    }
    done: set[tuple[str, ...]] = set()

    def visit(name: tuple[str, ...], above: tuple[tuple[str, ...], ...]) -> None:
        assert name not in above, " -> ".join("/".join(part) for part in (*above, name))
        if name not in done:
            for other in edges[name]:
                visit(other, (*above, name))
            done.add(name)

    for name in edges:
        visit(name, ())


FOLDERS = sorted({path.parent for path in FILES})


@pytest.mark.parametrize("room", FOLDERS, ids=lambda room: room.name)
def test_every_module_has_tests_of_its_own_in_the_same_folder(room: Path) -> None:
    tests = Path(__file__).parent / room.relative_to(LIBRARY)
    modules = [path.stem for path in room.glob("*.py") if path.stem != "__init__"]
    assert [name for name in modules if not (tests / f"test_{name}.py").is_file()] == []

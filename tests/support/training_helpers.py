"""What the tests of fusion's command line share."""

import csv

import numpy as np
from PIL import Image

import fusion
from fusion.__main__ import main


def write_pair(folder, stem, seed):
    """A phantom as two files, as a stranger would keep it: grey MRI, coloured PET."""
    pair = fusion.phantom(seed, size=64)
    for name, image in (("mri", np.rint(pair.first * 255).astype(np.uint8)), ("pet", pair.second_color)):
        (folder / name).mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(folder / name / f"{stem}.png")


def brains(folder):
    """A collection of five slices of the cases 1 (two slices), 2, 3 and 4."""
    for seed, stem in enumerate(("1001", "1002", "2001", "3001", "4001")):
        write_pair(folder / "brains", stem, seed)
    return folder / "brains"


def refused(capsys, *arguments):
    """Run a command that has to end with code 2 and one sentence; the sentence."""
    try:
        code = main([str(argument) for argument in arguments])
    except SystemExit as error:
        code = error.code
    captured = capsys.readouterr()
    assert code == 2
    assert captured.out == ""
    (line,) = last_shown(captured.err)
    assert line.startswith("python -m fusion")
    return line


def last_shown(text):
    """The lines that a terminal is left with, progress bars overwritten."""
    return [line.rsplit("\r", 1)[-1] for line in text.strip().split("\n")]


def read_csv(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))

import nibabel as nib
import numpy as np
import pytest

from fusion import InputError
from fusion.data.volumes.planes import PLANES, native_plane, plane_of, tilt
from tests.support.volumes import AXIS_ORDERS, as_nifti, grid, volume

LETTERS = {"S": "H", "I": "F"}  # nibabel's superior and inferior, as DICOM calls them


def canonical(made):
    """Voxels by nibabel: x from the right to the left, y from front to back, z from the feet to the head."""
    nearest = nib.as_closest_canonical(as_nifti(made))  # grows to the left hand of nobody: right, front, head
    return np.asarray(nearest.dataobj)[::-1, ::-1], nearest


@pytest.mark.parametrize("tilted", [0, 17])
@pytest.mark.parametrize(("order", "signs"), AXIS_ORDERS)
def test_planes_are_nibabels_closest_canonical_order_in_radiological_display(order, signs, tilted):
    made = volume(order=order, signs=signs, tilt=tilted)
    voxels, _ = canonical(made)
    expected = {"axial": voxels.transpose(2, 1, 0), "coronal": voxels.transpose(1, 2, 0)[:, ::-1]}
    expected["sagittal"] = voxels.transpose(0, 2, 1)[:, ::-1]
    for name in PLANES:
        plane = plane_of(made.grid, name)
        shown = [plane.picture(made.voxels, number) for number in range(1, plane.count + 1)]
        np.testing.assert_array_equal(shown, expected[name])


@pytest.mark.parametrize(("order", "signs"), AXIS_ORDERS)
def test_letters_are_those_of_the_affine_by_nibabel(order, signs):
    made = volume(order=order, signs=signs, tilt=10)
    for name in PLANES:
        plane = plane_of(made.grid, name)
        affine = np.diag([-1, -1, 1, 1]) @ plane.grid.affine
        _, bottom, right = (LETTERS.get(code, code) for code in nib.aff2axcodes(affine))
        assert (plane.letters["bottom"], plane.letters["right"]) == (bottom, right)
        opposite = dict(zip("RLAPHF", "LRPAFH", strict=True))
        assert (plane.letters["top"], plane.letters["left"]) == (opposite[bottom], opposite[right])


@pytest.mark.parametrize(("order", "signs"), AXIS_ORDERS)
def test_a_pixel_of_a_plane_lies_where_its_voxel_lies(order, signs):
    made = volume(order=order, signs=signs, tilt=25)
    lengths = np.linalg.inv(made.grid.affine)
    for name in PLANES:
        plane = plane_of(made.grid, name)
        picture = plane.picture(made.voxels, 2)
        for pixel in ((0, 0), (1, picture.shape[1] - 1), (picture.shape[0] - 1, 2)):
            voxel = np.rint(lengths @ plane.grid.affine @ [1, *pixel, 1])[:3].astype(int)
            assert made.voxels[tuple(voxel)] == picture[pixel]


def test_spacing_goes_with_the_axes():
    plane = plane_of(grid(order=(1, 2, 0), spacing=(3.0, 1.5, 0.75)), "axial")
    assert plane.grid.spacing == (1.5, 3.0, 0.75)
    assert plane.grid.shape == (7, 5, 4)
    assert native_plane(grid(order=(1, 2, 0))) == "coronal"


def test_an_oblique_volume_says_by_how_much():
    assert tilt(grid()) == 0
    assert not plane_of(grid(tilt=0.5), "axial").is_oblique
    plane = plane_of(grid(tilt=20), "axial")
    assert plane.is_oblique
    assert 10 < plane.tilt < 20  # the axis that is turned farthest


@pytest.mark.parametrize("number", [0, -1, 6])
def test_a_slice_that_is_not_there_is_told_with_those_that_are(number):
    plane = plane_of(grid(), "axial")
    with pytest.raises(InputError, match=f"There is no axial slice {number}; the slices are 1 to 5."):
        plane.index(number)

"""Rotations: known answers, and every form turned into another and back."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from engine.motion import rotations as r

ORDERS = [a + b + c for a, b, c in product("XYZ", repeat=3) if a != b and b != c]

angles = arrays(np.float64, (5, 3), elements=st.floats(-7.0, 7.0))
quats = arrays(np.float64, (5, 4), elements=st.floats(-1.0, 1.0)).filter(
    lambda q: bool((np.linalg.norm(q, axis=-1) > 0.1).all())
)


def unit(q):
    return q / np.linalg.norm(q, axis=-1, keepdims=True)


def same_rotation(a, b, tolerance=1e-7):
    return np.all(np.abs(np.sum(a * b, axis=-1)) > 1 - tolerance)


def test_quarter_turns():
    x, z = np.array([1.0, 0, 0]), np.array([0, 0, 1.0])
    about_z = r.euler_to_quat(np.array([np.pi / 2]), "Z")
    assert np.allclose(about_z, [np.sqrt(0.5), 0, 0, np.sqrt(0.5)])
    assert np.allclose(r.rotate(about_z, x), [0, 1, 0])
    assert np.allclose(r.axis_angle_to_quat(np.array([0, 0, np.pi / 2])), about_z)
    assert np.allclose(r.quat_to_matrix(about_z) @ x, [0, 1, 0])
    # "ZX": first about X in the moved frame, so the point sees X before Z.
    turned = r.euler_to_quat(np.array([np.pi / 2, np.pi / 2]), "ZX")
    assert np.allclose(r.rotate(turned, z), [1, 0, 0])


def test_six_d_is_the_first_two_columns():
    matrix = np.arange(9.0).reshape(3, 3)
    assert np.array_equal(r.matrix_to_six_d(matrix), [0, 3, 6, 1, 4, 7])
    assert np.allclose(r.six_d_to_matrix(np.array([2.0, 0, 0, 5, 3, 0])), np.eye(3))


@given(angles, st.sampled_from(ORDERS))
def test_euler_is_the_product_of_its_axes_and_back(a, order):
    def about(axis, angle):
        k = "XYZ".index(axis)
        i, j = (k + 1) % 3, (k + 2) % 3
        out = np.zeros((*angle.shape, 3, 3))
        out[..., k, k] = 1
        out[..., i, i] = out[..., j, j] = np.cos(angle)
        out[..., j, i], out[..., i, j] = np.sin(angle), -np.sin(angle)
        return out

    expected = about(order[0], a[..., 0]) @ about(order[1], a[..., 1]) @ about(order[2], a[..., 2])
    matrix = r.euler_to_matrix(a, order)
    assert np.allclose(matrix, expected, atol=1e-12)
    assert np.allclose(r.euler_to_matrix(r.matrix_to_euler(matrix, order), order), matrix, atol=1e-6)


@given(quats)
def test_every_form_and_back(q):
    q = unit(q)
    assert same_rotation(r.matrix_to_quat(r.quat_to_matrix(q)), q)
    assert same_rotation(r.axis_angle_to_quat(r.quat_to_axis_angle(q)), q)
    assert same_rotation(r.six_d_to_quat(r.quat_to_six_d(q)), q)
    assert np.all(np.linalg.norm(r.quat_to_axis_angle(q), axis=-1) <= np.pi + 1e-9)


@given(quats, quats)
def test_product_and_inverse(a, b):
    a, b = unit(a), unit(b)
    point = np.array([0.3, -2.0, 1.0])
    assert np.allclose(r.rotate(r.multiply(a, b), point), r.rotate(a, r.rotate(b, point)))
    assert np.allclose(r.multiply(a, r.conjugate(a)), r.IDENTITY)


@given(quats)
def test_changing_axes_conjugates_the_matrix(q):
    q = unit(q)
    axes = np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])
    expected = axes @ r.quat_to_matrix(q) @ axes.T
    assert np.allclose(r.quat_to_matrix(r.change_axes(q, axes)), expected)


def test_slerp_goes_the_short_way_at_even_speed():
    a, b = r.axis_angle_to_quat(np.array([[0, 0, 0.2], [0, 0, 1.4]]))
    third = r.slerp(a, -b, np.float64(1 / 3))
    assert np.allclose(r.quat_to_axis_angle(third), [0, 0, 0.6])
    assert same_rotation(r.slerp(a, b, np.float64(0)), a) and same_rotation(r.slerp(a, b, np.float64(1)), b)
    assert np.allclose(r.slerp(a, a, np.float64(0.5)), a)


def test_wrong_number_of_angles():
    with pytest.raises(ValueError, match="order"):
        r.euler_to_quat(np.zeros((2, 2)), "XYZ")

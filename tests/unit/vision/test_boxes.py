"""Arithmetic of boxes: examples and properties."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from yitong_command.domain.geometry import Box
from yitong_command.vision import boxes as bx

SIDES = st.integers(1, 4000)
SHARES = st.floats(0, 1, width=32)


@st.composite
def box_arrays(draw: st.DrawFn, most: int = 8) -> bx.F32:
    raw = draw(
        hnp.arrays(
            np.float32,
            st.tuples(st.integers(0, most), st.just(4)),
            elements=st.floats(0, 1000, width=32),
        )
    )
    low, high = np.minimum(raw[:, :2], raw[:, 2:]), np.maximum(raw[:, :2], raw[:, 2:])
    return np.concatenate([low, high], axis=1)


@given(box_arrays(), box_arrays())
def test_overlap_lies_in_0_1_and_does_not_depend_on_the_order(a: bx.F32, b: bx.F32) -> None:
    overlap = bx.iou_matrix(a, b)
    assert overlap.shape == (len(a), len(b))
    assert ((overlap >= 0) & (overlap <= 1 + 1e-6)).all()
    np.testing.assert_allclose(overlap, bx.iou_matrix(b, a).T, atol=1e-6)


@given(box_arrays())
def test_overlap_agrees_with_the_geometry_of_the_domain(a: bx.F32) -> None:
    overlap = bx.iou_matrix(a, a)
    for i, left in enumerate(a.tolist()):
        for j, right in enumerate(a.tolist()):
            assert overlap[i, j] == pytest.approx(Box(*left).iou(Box(*right)), abs=1e-5)


def test_boxes_of_another_shape_are_refused() -> None:
    with pytest.raises(ValueError, match=r"\(n, 4\)"):
        bx.iou_matrix(np.zeros((3, 5), np.float32), np.zeros((1, 4), np.float32))


@given(box_arrays(12), st.floats(0.1, 0.9), st.randoms(use_true_random=False))
def test_suppression_keeps_the_best_and_nothing_that_overlaps_it(
    boxes: bx.F32, iou: float, random: object
) -> None:
    rng = np.random.default_rng(len(boxes))
    scores = rng.random(len(boxes)).astype(np.float32)
    labels = rng.integers(0, 2, len(boxes))
    keep = bx.nms(boxes, scores, labels, iou)
    assert list(scores[keep]) == sorted(scores[keep], reverse=True)
    overlap = bx.iou_matrix(boxes, boxes)
    for a in keep:
        for b in keep:
            assert a == b or labels[a] != labels[b] or overlap[a, b] <= iou
    for gone in set(range(len(boxes))) - set(keep.tolist()):
        better = [k for k in keep if labels[k] == labels[gone] and scores[k] >= scores[gone]]
        assert any(overlap[k, gone] > iou for k in better)


def test_suppression_drops_the_weaker_of_two_boxes_of_one_class_only() -> None:
    boxes = np.array([[0, 0, 10, 10], [1, 0, 11, 10], [1, 0, 11, 10]], np.float32)
    scores = np.array([0.5, 0.9, 0.7], np.float32)
    assert bx.nms(boxes, scores, np.array([0, 0, 1]), 0.5).tolist() == [1, 2]


@given(SIDES, SIDES, st.sampled_from([(384, 640), (352, 416), (320, 320)]), box_arrays())
def test_a_box_goes_into_a_letterbox_and_comes_back(
    width: int, height: int, into: tuple[int, int], shares: bx.F32
) -> None:
    shares = shares / 1000
    fit = bx.fit_for(width, height, *into)
    size = np.array([width, height] * 2)
    inside = (shares * size * fit.scale + [fit.left_px, fit.top_px] * 2).astype(np.float32)
    assert (inside >= -1).all()
    assert (inside <= np.array([into[1], into[0]] * 2) + 1).all()
    np.testing.assert_allclose(bx.to_picture(inside, fit), shares, atol=2e-3)


@given(st.integers(1, 300), st.integers(1, 300))
def test_a_letterboxed_picture_has_the_wanted_shape_and_grey_around_it(w: int, h: int) -> None:
    image = np.full((h, w, 3), 200, np.uint8)
    placed, fit = bx.letterbox(image, 96, 160)
    assert placed.shape == (96, 160, 3)
    if fit.top_px > 1:
        assert (placed[: fit.top_px] == bx.PAD_GREY).all()
    if fit.left_px > 1:
        assert (placed[:, : fit.left_px] == bx.PAD_GREY).all()
    middle_y = fit.top_px + int(h * fit.scale / 2)
    assert (placed[middle_y, fit.left_px + int(w * fit.scale / 2)] == 200).all()


@pytest.mark.parametrize("shape", [(0, 10, 3), (10, 0, 3), (10, 10), (10, 10, 4)])
def test_what_is_no_picture_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="picture|positive"):
        bx.letterbox(np.zeros(shape, np.uint8), 64, 64)


@given(SHARES, SHARES, SHARES, SHARES)
def test_cutting_out_gives_at_least_one_pixel(x0: float, y0: float, x1: float, y1: float) -> None:
    image = np.zeros((37, 53, 3), np.uint8)
    region = Box(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))
    part = bx.crop(image, region)
    assert part.shape[0] >= 1 and part.shape[1] >= 1

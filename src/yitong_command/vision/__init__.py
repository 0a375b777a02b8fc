"""Detectors, boxes, tracking and blurring."""

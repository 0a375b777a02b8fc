"""What a camera shows, picture by picture."""

from __future__ import annotations

from dataclasses import dataclass

from yitong_command.demo.farm.clip import Clip, Picture
from yitong_command.demo.farm.packets import CLOCK_HZ


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a clip.

    Attributes:
        clip: The clip.
        first: Index of its first picture, a key.
        end: Index after its last picture.
    """

    clip: Clip
    first: int
    end: int

    @classmethod
    def whole(cls, clip: Clip) -> Span:
        """The clip from beginning to end."""
        return cls(clip, 0, len(clip.pictures))

    @classmethod
    def between(cls, clip: Clip, begin_s: float, end_s: float) -> Span:
        """From the last key at or before a media time up to another media time.

        Raises:
            ValueError: If there is no picture between.
        """
        first = clip.key_at(begin_s)
        end = clip.index_at(end_s)
        if end <= first:
            raise ValueError(f"clip {clip.name} has no picture from {begin_s} s to {end_s} s")
        return cls(clip, first, end)

    @property
    def begins_s(self) -> float:
        """Media time of the first picture."""
        return self.clip.time_of(self.first)

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return sum(p.ticks for p in self.clip.pictures[self.first : self.end]) / CLOCK_HZ


class Timeline:
    """Spans one after another; the last one repeats for ever.

    A cut takes effect with the next picture, which is a key because every span begins with one.
    """

    def __init__(self, *spans: Span) -> None:
        self._spans = list(spans)
        self._index = spans[0].first
        self._started = True

    @property
    def span(self) -> Span:
        """The span of the next picture."""
        over = self._index >= self._spans[0].end and len(self._spans) > 1
        return self._spans[1 if over else 0]

    @property
    def settled(self) -> bool:
        """Whether the last, repeating span is shown: nothing cut in is still on its way."""
        return len(self._spans) == 1 and self._started

    def cut(self, *spans: Span) -> None:
        """Show these spans from the next picture on."""
        self._spans = list(spans)
        self._index = spans[0].first
        self._started = False

    def replace_last(self, span: Span) -> None:
        """Let another span be the repeating one, at once if it is the one shown now."""
        if len(self._spans) == 1:
            self._index = span.first
        self._spans[-1] = span

    def skip(self, pictures: int) -> None:
        """Go on by so many pictures without showing them."""
        for _ in range(pictures):
            self.step()

    def step(self) -> Picture:
        """The next picture."""
        span = self._spans[0]
        if self._index >= span.end:
            if len(self._spans) > 1:
                self._spans.pop(0)
                span = self._spans[0]
            self._index = span.first
        picture = span.clip.pictures[self._index]
        self._index += 1
        self._started = True
        return picture

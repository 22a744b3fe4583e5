"""What is known of a person in several real cameras, and the tables that say it. No Qt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import nan

import numpy as np
from numpy.typing import NDArray

from app.present.tabular import Column, Row, Table
from app.state.moment import frame_at
from engine.data.people_truth import PeopleTruth
from engine.experiment.rig_run import ChosenPerson, RigFigures
from engine.experiment.rig_truth import TruthFigures
from engine.experiment.view_files import OpenedViews
from engine.motion.interpolation import nearest
from engine.observation.views import MultiViewKeypoints

Float = NDArray[np.float64]

OFFSET, BEFORE, AFTER = "offset", "before", "after"


@dataclass(frozen=True, eq=False)
class RigFound:
    """The person in every camera, and what each model made of those that took part.

    used      numbers of the cameras that took part, in order; `person.views` holds these
    views     what every camera saw of the person, as it was seen; its rig is the one that was used
    errors    of each model by camera: median pixels, also in cameras that did not take part
    truth     where everybody was, and there (T, P, J, 3) the same in the frames of `views`; None where nobody knows
    judged    of each model, everybody against the truth
    """

    opened: OpenedViews
    used: tuple[int, ...]
    person: ChosenPerson
    views: MultiViewKeypoints
    figures: tuple[RigFigures, ...] = ()
    errors: tuple[Mapping[str, float | None], ...] = ()
    truth: PeopleTruth | None = None
    there: Float | None = None
    judged: tuple[TruthFigures, ...] = ()

    def offset_s(self, view: int) -> float:
        """By how much a camera is late, as far as it was asked for."""
        late = self.person.offsets_s
        return float(late[self.used.index(view)]) if late is not None and view in self.used else 0.0

    def seen_at(self, view: int, seconds: float) -> int:
        """The number of the frame of `views` in which a camera saw what happened at a moment."""
        return int(nearest(self.views.times, np.array([seconds - self.offset_s(view)]))[0])

    def picture_at(self, view: int, seconds: float) -> int:
        """The number of a camera's picture of a moment."""
        frame = self.seen_at(view, seconds)
        return int(nearest(self.opened.times[view], self.views.times[frame : frame + 1])[0])

    def video_at(self, view: int, seconds: float) -> float | None:
        """Seconds of a camera's video at which that picture begins; None where there is no video."""
        footage = self.opened.footage[view]
        return None if footage is None else footage.at(float(self.opened.times[view][self.picture_at(view, seconds)]))

    def projected(self, model: int, view: int, seconds: float) -> Float:
        """(17, 2) pixels at which a camera would see a model's joints at a moment; NaN where they are behind it."""
        joints = self.figures[model].joints
        xy, depth = self.views.rig[view].project(joints.positions[frame_at(joints.times, seconds)])
        return np.where((depth > 0)[:, None], xy, np.nan)


def camera_table(found: RigFound) -> Table:
    """A row for each camera."""
    refined, late = found.person.refined, found.person.offsets_s
    columns = [
        Column("rate", "Rate", "Hz", "Frames a second, by the file", target=None),
        Column(
            "dropped", "Dropped", "", "Frames that the file lacks, by the gaps between its times", target=None, digits=0
        ),
        Column("seen", "Found", "%", "Joints that the detector found", target=None),
    ]
    if late is not None:
        columns.append(Column(OFFSET, "Late", "ms", "By which the camera's clock is behind the others", target=None))
    before = after = np.zeros(0)
    if refined is not None:
        before, after = refined.before.view_errors(), refined.after.view_errors()
        columns.append(Column(BEFORE, "Before", "px", "Error of the given camera, triangulated", target=None))
        columns.append(Column(AFTER, "Refined", "px", "The same of the refined camera", target=None))
    tip = "Median distance between what the camera saw and where it would see the model's joints"
    columns += [
        Column(f"model {k}", "Off", "px", f"{model.name}: {tip}", mark=k) for k, model in enumerate(found.figures)
    ]
    rows = []
    for view, camera in enumerate(found.views.rig):
        here = view in found.used
        at = found.used.index(view) if here else -1
        cells = [found.opened.rates_hz[view], float(found.opened.dropped[view])]
        cells.append(100 * float((found.views.confidence[view] > 0).mean()))
        if late is not None:
            cells.append(1000 * float(late[at]) if here else nan)
        if refined is not None:
            cells += [float(before[at]), float(after[at])] if here else [nan, nan]
        cells += [_number(errors[camera.name]) for errors in found.errors]
        name = camera.name if here else f"{camera.name}, left out"
        rows.append(Row(name, tuple(cells), tip=found.opened.files[view].name))
    return Table("Camera", tuple(columns), tuple(rows), compare="rows")


def model_table(found: RigFound) -> Table:
    """A row for each model; what is known of everybody against the truth comes first."""
    columns = (
        *truth_columns(found),
        Column("found", "Found", "%", "Joints that two cameras or more confirm to 60 px of 1920", target=np.inf),
        Column("bones", "Bones", "mm", "Standard deviation of the bones' lengths over time"),
        Column("jitter", "Jitter", "m/s³", "Mean jerk of the joints", digits=0),
        Column("ms", "Takes", "ms", "Of this machine for each frame", target=None),
    )
    rows = []
    for k, model in enumerate(found.figures):
        against = [_number(measure.value) for measure in found.judged[k].measures] if found.judged else []
        without = (100 * model.found_share, model.bone_length_sd_mm, _number(model.jitter_m_s3), model.ms_per_frame)
        rows.append(Row(model.name, (*against, *without), mark=k))
    return Table("Model", columns, tuple(rows))


def truth_columns(found: RigFound) -> tuple[Column, ...]:
    """Of the measures that are published for such a truth; none where nobody knows it."""
    return tuple(
        Column(
            measure.name,
            measure.name[:1].upper() + measure.name[1:],
            measure.unit,
            measure.about,
            target=np.inf if measure.unit.startswith("%") else 0.0,
        )
        for judged in found.judged[:1]
        for measure in judged.measures
    )


def said_of(found: RigFound) -> str:
    """One line: the recording, its people, and whose figures these are."""
    views, people = found.views, found.person.people
    ids = ", ".join(str(person.id) for person in people)
    others = f"; people {ids}" if len(people) > 1 else ""
    against = f"; everybody against the truth in {found.judged[0].frames} frames" if found.judged else ""
    return (
        f"{views.name}: {len(views)} frames at {found.opened.rates_hz[0]:.4g} Hz, {len(found.used)} of "
        f"{len(views.rig)} cameras; person {found.person.person.id}{others}{against}"
    )


def _number(value: float | None) -> float:
    return nan if value is None else value

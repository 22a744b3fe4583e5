"""What a 3D view shows: floor, people with their shadows, axes. One code path for the window and for pictures without one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from vispy.scene import Node, SceneCanvas
from vispy.visuals.transforms import MatrixTransform

from app.view3d.actor import Actor
from app.view3d.axes import Triad
from app.view3d.camera_rig import canvas_matrix, fitted_to
from app.view3d.ground import Floor, Shadow
from app.view3d.skeleton_visual import SkeletonNode, bones_of, build_of
from app.view3d.theme import THEMES, Theme
from engine.motion.camera import Camera

Float = NDArray[np.float64]
SLIM = 0.72  # thickness of the truth beside predictions: a good prediction covers it, a bad one shows it


class MotionScene:
    """The scene in a vispy canvas. Set the actors and the camera, choose the frame, let the canvas draw."""

    def __init__(self, canvas: SceneCanvas) -> None:
        self._canvas = canvas
        self._world, self._triad = Node(parent=canvas.scene), Triad(parent=canvas.scene)
        self._world.transform, self._triad.transform = MatrixTransform(), MatrixTransform()
        self._floor = Floor(parent=self._world)  # drawn in this order
        self._shadows, self._bodies = Node(parent=self._world), Node(parent=self._world)
        self._people: dict[str, Person] = {}
        self._frame, self._compared = 0, False
        self.set_theme("dark")

    def set_actors(self, actors: Sequence[Actor]) -> None:
        """Show these people instead of those before; who stays, by key and skeleton, is not built again."""
        before, self._people = self._people, {}
        self._compared = any(actor.colour for actor in actors if actor.shown)
        for actor in actors:
            known = before.get(actor.key)
            if known is not None and known.actor.skeleton is actor.skeleton:
                self._people[actor.key] = before.pop(actor.key)
            else:
                self._people[actor.key] = Person(actor, self._bodies, self._shadows)
            self._dress(self._people[actor.key], actor)
        for person in before.values():
            person.remove()
        self.set_frame(self._frame)

    def set_frame(self, frame: int) -> None:
        """Move everybody to a frame."""
        self._frame = frame
        for person in self._people.values():
            person.set_frame(frame)

    def set_camera(self, camera: Camera, centre: Sequence[float]) -> None:
        """See the scene through a camera, all of its picture fitted into the canvas; the floor lies around `centre` (x, y, z)."""
        camera = fitted_to(camera, self._canvas.size)
        self._world.transform.matrix = canvas_matrix(camera).T
        self._triad.transform.matrix = self._triad.look(camera).T
        self._floor.set_centre(np.array([centre[0], centre[1], 0.0]))

    def set_theme(self, name: str) -> None:
        """ "dark" or "light"."""
        self._theme = THEMES[name]
        self._canvas.bgcolor = self._theme.background
        self._floor.set_theme(self._theme)
        for person in self._people.values():
            self._dress(person, person.actor)
        self.set_frame(self._frame)

    def _dress(self, person: Person, actor: Actor) -> None:
        slim = self._compared and actor.colour is None
        person.become(actor, self._theme, SLIM if slim else 1.0)


class Person:
    """One actor's body and shadow in the scene."""

    def __init__(self, actor: Actor, bodies: Node, shadows: Node) -> None:
        self.body = SkeletonNode(actor.skeleton, parent=bodies)
        self.shadow = Shadow(bones_of(actor.skeleton), parent=shadows)

    def become(self, actor: Actor, theme: Theme, thickness: float) -> None:
        """Take over an actor's build, with `thickness` times its radii, and colour."""
        self.actor = actor
        self._build = build_of(actor.skeleton, actor.positions) * (thickness, thickness, 1.0)
        self.body.set_build(self._build)
        self.body.set_colour(actor.colour or theme.truth)
        self.body.set_light(theme.ambient, theme.key)
        self.shadow.set_theme(theme)

    def set_frame(self, frame: int) -> None:
        self.body.visible = self.shadow.visible = self.actor.shown
        if not self.actor.shown:
            return
        positions = self.actor.at(frame)
        self.body.set_positions(positions)
        self.shadow.set_positions(positions, self._build[: len(self.actor.skeleton.bones), :2])
        colours = self.actor.joint_colours
        if colours is not None:
            self.body.set_colours(colours[min(frame, len(colours) - 1)])

    def remove(self) -> None:
        self.body.parent = self.shadow.parent = None

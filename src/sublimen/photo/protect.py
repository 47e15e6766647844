"""A photo in, a protected file out, judged on the file as it is read back."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import final

import numpy as np

from sublimen.catalogue import look_up
from sublimen.errors import OutputError
from sublimen.jnd import JND_MODELS
from sublimen.photo.allowance import Allowance
from sublimen.photo.craft import Craft, Crafted, Watch
from sublimen.photo.encoding import Codec
from sublimen.photo.faces import find_faces
from sublimen.photo.fainter import Fainter
from sublimen.photo.file import open_photo
from sublimen.photo.gallery import Album, Gallery
from sublimen.photo.options import SaveOptions, SearchOptions
from sublimen.photo.panel import Panel
from sublimen.photo.quality import compare
from sublimen.photo.result import Cost, FaceResult, Protection, Quality, Status
from sublimen.photo.search import check_attack
from sublimen.photo.sitting import Sitting
from sublimen.photo.survival import survival
from sublimen.photo.uploads import UPLOADS
from sublimen.photo.verdicts import face_results, notes_of, status_of
from sublimen.photo.versions import versions
from sublimen.photo.write import check_target, save_photo
from sublimen.recognisers.face import Box
from sublimen.types import LevelMap, PhotoLevels
from sublimen.visibility.answer import Observer, Visibility


@final
@dataclass(frozen=True, kw_only=True)
class Protected:
    """A protected photo with everything that a report shows.

    Args:
        protection: What was done and measured.
        original: Levels of the original.
        saved: Levels of the result as read back; the original's if nothing was written.
        jnd: The JND map of the original in 8-bit levels; `None` if there was no face.
    """

    protection: Protection
    original: PhotoLevels
    saved: PhotoLevels
    jnd: LevelMap | None


@final
@dataclass(frozen=True, kw_only=True)
class Job:
    """Change every face of a photo until the recogniser no longer matches it to the original.

    Args:
        source: The photo; it is never touched.
        target: File to write.
        panel: Surrogates and witnesses, from `load_panel`.
        observer: Who looks at the change.
        how: Limits of the search.
        saving: What becomes of the file.
        boxes: Faces given by hand; the photo is searched for faces if there are none.
        galleries: Other photos, by what they are for.
        watch: Told about progress.
        asked: Asked whether the search should end with what it has.
    """

    source: Path
    target: Path
    panel: Panel
    observer: Observer = field(default_factory=Observer.of)
    how: SearchOptions = SearchOptions()
    saving: SaveOptions = SaveOptions()
    boxes: Sequence[Box] = ()
    galleries: Mapping[Album, Gallery] = field(default_factory=dict)
    watch: Watch = lambda _stage, _state: None
    asked: Callable[[], bool] | None = None

    def run(self) -> Protected:
        """Find the faces, change them, ask the witnesses, save.

        Raises:
            PhotoError: If the photo cannot be used.
            BoxError: If a box does not lie in the photo.
            OutputError: If the result cannot be written.
            UnknownNameError: If there is no such JND model or attack.
            SettingError: If the attack cannot be held inside a map.
        """
        started = time.monotonic()
        model = look_up(JND_MODELS, self.how.jnd, kind="JND model")()
        check_attack(self.how.using)
        photo = open_photo(self.source)
        codec = Codec(photo, self.target)
        check_target(self.source, self.target, force=self.saving.force)
        self.watch("looking for faces", None)
        faces = find_faces(photo.levels, self.boxes)
        if not faces:
            cost = Cost(gradients=0, forwards=0, seconds=time.monotonic() - started)
            nothing = self._protection("no-face", cost)
            return Protected(
                protection=nothing, original=photo.levels, saved=photo.levels, jnd=None
            )
        sitting = Sitting.of(
            photo.levels,
            faces,
            self.panel.witnesses,
            by_hand=bool(self.boxes),
            galleries=self.galleries,
        )
        self.watch("computing the JND map", None)
        allowance = Allowance.of(photo, model, self.how.map_limit)
        return self._change(started, codec, sitting, allowance)

    def _change(
        self, started: float, codec: Codec, sitting: Sitting, allowance: Allowance
    ) -> Protected:
        photo = codec.photo
        faces_seen = tuple(sitter.face for sitter in sitting.sitters)
        resaved = codec.read_back_whole(photo.levels)
        crafted = Craft(
            sitting=sitting,
            allowance=allowance,
            codec=codec,
            networks=self.panel.surrogates,
            how=self.how,
            observer=self.observer,
            watch=self.watch,
            asked=self.asked,
        ).run()
        limit = self.how.allowed
        if limit is not None:
            self.watch("scaling the change by what is seen of it", None)
            as_visible = Fainter(
                sitting=sitting,
                codec=codec,
                allowance=allowance,
                seen=self.observer.limited,
                limit=limit,
            )
            crafted = as_visible(crafted)
        before = sitting.look(resaved)
        faces = face_results(sitting, allowance, before, crafted)
        status = status_of(faces)
        written = status == "protected" or not self.saving.only_protected
        saved = self._save(codec, crafted) if written else photo.levels
        if written:
            self.watch("trying what uploads do", None)
            survived = survival(sitting, resaved, saved, (before, crafted.looks))
            pairs = zip(faces, survived, strict=True)
            faces = tuple(replace(face, survival=results) for face, results in pairs)
        cost = Cost(
            gradients=sum(t.gradients for t in crafted.tries),
            forwards=sum(t.forwards for t in crafted.tries),
            seconds=time.monotonic() - started,
        )
        quality = compare(photo.levels, saved, allowance.jnd, allowance.limit)
        self.watch("looking at the change", None)
        visibility = self.observer.compare(photo.levels, saved, faces_seen) if written else None
        protection = self._protection(status, cost, faces, quality if written else None, visibility)
        return Protected(
            protection=protection, original=photo.levels, saved=saved, jnd=allowance.jnd
        )

    def _save(self, codec: Codec, crafted: Crafted) -> PhotoLevels:
        """Write the file and read it back."""
        self.watch("saving", None)
        saved = save_photo(
            codec,
            crafted.levels,
            force=self.saving.force,
            keep_metadata=self.saving.keep_metadata,
            keep_location=self.saving.keep_location,
        )
        if not np.array_equal(saved, crafted.saved):
            raise OutputError(f"{self.target} must read back as it was judged, got other pixels")
        return saved

    def _protection(
        self,
        status: Status,
        cost: Cost,
        faces: tuple[FaceResult, ...] = (),
        quality: Quality | None = None,
        visibility: Visibility | None = None,
    ) -> Protection:
        return Protection(
            input=str(self.source),
            output=str(self.target) if quality is not None else None,
            status=status,
            recognisers=tuple(witness.participant for witness in self.panel.witnesses),
            faces=faces,
            quality=quality,
            visibility=visibility,
            visibility_limit=self.how.allowed,
            cost=cost,
            jnd=self.how.jnd,
            map_limit=self.how.map_limit,
            attack=self.how.using,
            seed=self.how.seed,
            versions=versions(),
            uploads={name: upload.summary for name, upload in UPLOADS.items()},
            notes=notes_of(status, faces, self.galleries, self.panel),
        )

"""Photos, one after the other or several at a time, with progress and results."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final, final

from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from sublimen.attacks.ledger import State
from sublimen.cli.boxes import parse_box
from sublimen.cli.interrupt import first_interrupt
from sublimen.cli.main import BAD_INPUT, complain
from sublimen.cli.output import people, print_json
from sublimen.cli.several import Outcome, in_order
from sublimen.cli.summary import summarise
from sublimen.errors import PhotoError, SublimenError
from sublimen.photo.craft import Watch
from sublimen.photo.gallery import Album, Gallery, photos_in
from sublimen.photo.options import PanelOptions, SaveOptions, SearchOptions, ViewOptions
from sublimen.photo.panel import Panel, load_panel
from sublimen.photo.protect import Job, Protected
from sublimen.photo.write import output_path
from sublimen.visibility.answer import Observer

NOT_PROTECTED: Final = 1
"""Exit status when a photo is not fully protected."""


@final
@dataclass(frozen=True, kw_only=True)
class Run:
    """One call of `sublimen protect`.

    Args:
        photos: The photos.
        output: File or folder to write to.
        boxes: Faces given by hand, as typed.
        how: Limits of the search.
        who: Which recognisers take part.
        saving: What becomes of the files.
        view: Who looks at the change, and how.
        json: Whether results go to stdout as JSON.
        report: Whether a page is written beside each result.
        jobs: How many photos are worked on at the same time.
    """

    photos: Sequence[Path]
    output: Path | None
    boxes: Sequence[str]
    how: SearchOptions
    who: PanelOptions
    saving: SaveOptions
    view: ViewOptions
    json: bool
    report: bool
    jobs: int = 1

    @cached_property
    def panel(self) -> Panel:
        """The recognisers, loaded once."""
        return load_panel(self.who.surrogate, self.who.judge)

    @cached_property
    def observer(self) -> Observer:
        """The meters of visibility, set up once."""
        view = self.view
        return Observer.of(viewing=view.viewing, names=view.meters, display=view.display)

    @cached_property
    def galleries(self) -> dict[Album, Gallery]:
        """The other photos, read once; results join `apart` as they come."""
        found: dict[Album, Gallery] = {}
        who, how = self.panel.witnesses, self.how
        if how.gallery is not None:
            found["gallery"] = Gallery.of(how.gallery, who)
        if how.towards is not None:
            found["towards"] = Gallery.of(how.towards, who, name="towards")
            if not found["towards"].owners:
                raise PhotoError(f"towards must hold a face, got none in {how.towards}")
        if how.apart is not None:
            found["apart"] = self._protected_before(how.apart)
        return found

    def all(self) -> int:
        """Protect every photo; a bad one does not stop the others."""
        return max([self._tell(outcome) for outcome in self._outcomes()])

    def outcome(
        self,
        photo: Path,
        watch: Watch = lambda _stage, _state: None,
        asked: Callable[[], bool] | None = None,
    ) -> Outcome:
        """Protect one photo and write what is written beside it.

        Args:
            photo: The photo.
            watch: Told about progress.
            asked: Asked whether the search should end with what it has.
        """
        protection = None
        try:
            protected = self._protect(photo, watch, asked)
            protection = protected.protection
            return Outcome(protection=protection, report=self._report(protected))
        except SublimenError as error:
            return Outcome(protection=protection, problem=str(error))

    def _outcomes(self) -> Iterator[Outcome]:
        photos = self.photos
        jobs = min(self.jobs, len(photos))
        if jobs == 1:
            for photo in photos:
                with progress(photo.name) as watch, first_interrupt() as asked:
                    outcome = self.outcome(photo, watch, asked)
                yield outcome
            return
        with progress(f"{len(photos)} photos") as watch:
            for done, outcome in enumerate(in_order(self, photos, jobs), 1):
                watch(f"{done} done", None)
                yield outcome

    def _protected_before(self, folder: Path) -> Gallery:
        """The photos of a folder, which may not be there yet, but for what this run replaces."""
        who = self.panel.witnesses
        if not folder.exists() or (folder.is_dir() and not photos_in(folder)):
            return Gallery.empty(who)
        results = [output_path(photo, self.output) for photo in self.photos]
        return Gallery.of(folder, who, without=results, name="apart")

    def _protect(self, photo: Path, watch: Watch, asked: Callable[[], bool] | None) -> Protected:
        protected = Job(
            source=photo,
            target=output_path(photo, self.output),
            panel=self.panel,
            observer=self.observer,
            how=self.how,
            saving=self.saving,
            boxes=[parse_box(text) for text in self.boxes],
            galleries=self.galleries,
            watch=watch,
            asked=asked,
        ).run()
        output = protected.protection.output
        if output is not None and "apart" in self.galleries:
            grown = self.galleries["apart"].and_photo(
                Path(output).name, protected.saved, self.panel.witnesses
            )
            self.galleries["apart"] = grown
        return protected

    def _report(self, protected: Protected) -> Path | None:
        """Write the page, if one is wanted and there is something to show."""
        output = protected.protection.output
        if not self.report or output is None:
            return None
        from sublimen.report.page import page, write_page

        path = Path(output).with_suffix(".html")
        text = page(
            protected.protection,
            original=protected.original,
            result=protected.saved,
            jnd=protected.jnd,
        )
        write_page(text, path, force=self.saving.force)
        return path

    def _tell(self, outcome: Outcome) -> int:
        """Print what became of a photo and return its exit status."""
        protection = outcome.protection
        if protection is not None:
            if self.json:
                print_json(protection)
            summarise(protection)
        if outcome.report is not None:
            people().print(
                f"  report: {outcome.report} (it holds the original face: keep it private)"
            )
        if outcome.problem is not None:
            complain(outcome.problem)
        if outcome.problem is not None or protection is None:
            return BAD_INPUT
        return 0 if protection.status == "protected" else NOT_PROTECTED


@contextmanager
def progress(name: str) -> Iterator[Watch]:
    """Draw on stderr what is being done."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    console = people()
    quiet = not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=quiet) as bar:
        task = bar.add_task(name)
        stage = ""

        def watch(what: str, state: State | None) -> None:
            nonlocal stage
            stage = what or stage
            step = "" if state is None else f", step {state.round + 1} of {state.rounds}"
            bar.update(task, description=f"{name}: {stage}{step}")

        yield watch

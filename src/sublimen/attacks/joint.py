"""Several problems as one: an ensemble."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor
from typing_extensions import override

from sublimen.attacks.goal import Goal
from sublimen.attacks.problem import Problem
from sublimen.checks import positive
from sublimen.errors import SettingError
from sublimen.types import Images, Output, PerImage, Reached, Rows, Ways


@dataclass(frozen=True, eq=False)
class SeveralGoals(Goal):
    """To be at every one of several goals.

        loss = sum_i w_i loss_i / sum_i w_i,    reached = all reached_i
        excess = max_i excess_i,    scale = that of the goal with the largest excess

    It counts as naming whom to be taken for if any of the goals does, and as on the summit of its
    loss where all are.
    """

    goals: tuple[Goal, ...]

    def __post_init__(self) -> None:
        # A property of the class elsewhere: what is frozen is set like this.
        object.__setattr__(self, "towards", any(goal.towards for goal in self.goals))

    @abstractmethod
    def parts(self, output: Output) -> list[tuple[Goal, Tensor]]:
        """Each goal with what of an output it is about."""

    @property
    @abstractmethod
    def shares(self) -> tuple[float, ...]:
        """Weights of the losses, w."""

    @override
    def check(self, output: Output) -> None:
        for goal, part in self.parts(output):
            goal.check(part)

    @override
    def loss(self, output: Output) -> PerImage:
        losses = torch.stack([goal.loss(part) for goal, part in self.parts(output)])
        weights = losses.new_tensor(self.shares)
        return ((weights / weights.sum())[:, None] * losses).sum(dim=0)

    @override
    def reached(self, output: Output) -> Reached:
        return torch.stack([goal.reached(part) for goal, part in self.parts(output)]).all(dim=0)

    @override
    def excess(self, output: Output) -> PerImage:
        return self._excesses(output).amax(dim=0)

    @override
    def soft_excess(self, output: Output) -> PerImage:
        softs = [goal.soft_excess(part) for goal, part in self.parts(output)]
        return torch.stack(softs).amax(dim=0)

    @override
    def scale(self, output: Output) -> PerImage:
        scales = torch.stack([goal.scale(part) for goal, part in self.parts(output)])
        worst = self._excesses(output).argmax(dim=0, keepdim=True)
        return scales.gather(0, worst)[0]

    @override
    def misses(self, output: Output) -> Ways:
        return torch.cat([goal.misses(part) for goal, part in self.parts(output)], dim=1)

    @override
    def on_summit(self, output: Output) -> Reached:
        return torch.stack([goal.on_summit(part) for goal, part in self.parts(output)]).all(dim=0)

    def _excesses(self, output: Output) -> Tensor:
        return torch.stack([goal.excess(part) for goal, part in self.parts(output)])


@final
@dataclass(frozen=True, eq=False)
class EveryGoal(SeveralGoals):
    """Several goals for the same output, such as away from one person and towards another.

    Args:
        goals: What is wanted of it, at least one; their losses count alike.

    Raises:
        SettingError: If there is no goal.
    """

    @override
    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.goals:
            raise SettingError("goals must be at least one, got none")

    @property
    @override
    def shares(self) -> tuple[float, ...]:
        return (1.0,) * len(self.goals)

    @override
    def parts(self, output: Output) -> list[tuple[Goal, Tensor]]:
        return [(goal, output) for goal in self.goals]

    @override
    def at(self, rows: Rows) -> "EveryGoal":
        return EveryGoal(tuple(goal.at(rows) for goal in self.goals))


@final
@dataclass(frozen=True, eq=False)
class JointGoal(SeveralGoals):
    """Several goals, each with its own part of a joined output.

    Args:
        goals: What is wanted of each part.
        widths: How many numbers of the output are each part, at least 1 each.
        weights: Of the losses, w, above 0 each.

    Raises:
        SettingError: If there is no goal, or not one width and one weight for each.
    """

    widths: tuple[int, ...]
    weights: tuple[float, ...]

    @override
    def __post_init__(self) -> None:
        super().__post_init__()
        if not len(self.goals) == len(self.widths) == len(self.weights) > 0:
            raise SettingError(
                "goals must be at least one, with one width and one weight each, got "
                f"{len(self.goals)} with {len(self.widths)} widths and {len(self.weights)} weights"
            )
        for weight in self.weights:
            positive(weights=weight)

    @property
    @override
    def shares(self) -> tuple[float, ...]:
        return self.weights

    @override
    def check(self, output: Output) -> None:
        if output.shape[1] != sum(self.widths):
            raise SettingError(
                f"widths must add up to the number of outputs, {output.shape[1]}, "
                f"got {sum(self.widths)}; let Joint.of find them"
            )
        super().check(output)

    @override
    def parts(self, output: Output) -> list[tuple[Goal, Tensor]]:
        return list(zip(self.goals, torch.split(output, list(self.widths), dim=1), strict=True))

    @override
    def at(self, rows: Rows) -> "JointGoal":
        return JointGoal(tuple(goal.at(rows) for goal in self.goals), self.widths, self.weights)


@final
@dataclass(frozen=True, eq=False)
class Joint(Problem):
    """Several problems at once, solved when each of them is: an ensemble of recognisers.

    Make it with `Joint.of`. The output is that of the problems side by side.

    Args:
        problems: Of the same images, at least one.
        goal: Their goals with the widths of their outputs.
    """

    problems: tuple[Problem, ...]
    goal: JointGoal

    def __post_init__(self) -> None:
        # A property of the class elsewhere: what is frozen is set like this.
        object.__setattr__(self, "exact", all(problem.exact for problem in self.problems))

    @classmethod
    def of(
        cls,
        problems: Sequence[Problem],
        probe: Images,
        weights: Sequence[float] | None = None,
    ) -> "Joint":
        """The joint problem, after a forward pass of one image that tells the widths.

        Args:
            problems: Of the same images, at least one.
            probe: The images, or the first of them.
            weights: Of the losses, above 0 each; all the same if not given.

        Raises:
            SettingError: If there is no problem, or not one weight for each.
        """
        first = torch.zeros(1, dtype=torch.int64, device=probe.device)
        with torch.no_grad():
            widths = tuple(problem.at(first).output(probe[:1]).shape[1] for problem in problems)
        goals = tuple(problem.goal for problem in problems)
        shares = (1.0,) * len(goals) if weights is None else tuple(weights)
        return cls(tuple(problems), JointGoal(goals, widths, shares))

    @override
    def output(self, images: Images) -> Output:
        return torch.cat([problem.output(images) for problem in self.problems], dim=1)

    @override
    def reached(self, images: Images) -> Reached:
        return torch.stack([problem.reached(images) for problem in self.problems]).all(dim=0)

    @override
    def at(self, rows: Rows) -> "Joint":
        return Joint(tuple(problem.at(rows) for problem in self.problems), self.goal.at(rows))

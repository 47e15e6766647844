import torch
from oracles import TwoSidedPlane

from sublimen.attacks import Recognition, Untargeted


def test_the_verdict_is_on_the_rounded_image_and_the_loss_on_the_image_as_it_is():
    # The sample crosses the plane at 0.4 of a level, which no file can hold.
    plane = TwoSidedPlane(torch.ones(1, 1, 1), offset=100.4 / 255)
    problem = Recognition(plane, Untargeted(torch.tensor([1])))
    candidate = torch.full((1, 1, 1, 1), 100.45 / 255)

    assert problem.goal.reached(problem.output(candidate)).tolist() == [True]
    assert problem.reached(candidate).tolist() == [False]
    assert problem.reached(candidate + 0.1 / 255).tolist() == [True]
    assert problem.loss(candidate) < problem.loss(candidate - 0.4 / 255)


def test_the_verdict_takes_no_gradient():
    weights = torch.ones(1, 1, 1, requires_grad=True)
    seen = []

    def model(images):
        output = TwoSidedPlane(weights)(images)
        seen.append(output.requires_grad)
        return output

    problem = Recognition(model, Untargeted(torch.tensor([0])))
    problem.reached(torch.zeros(1, 1, 1, 1))
    problem.output(torch.zeros(1, 1, 1, 1))

    assert seen == [False, True]


def test_a_part_of_a_problem_asks_the_same_model_about_the_same_images():
    plane = TwoSidedPlane(torch.ones(1, 1, 1), offset=0.5)
    images = torch.tensor([0.2, 0.8, 0.9]).view(3, 1, 1, 1)
    problem = Recognition(plane, Untargeted(torch.tensor([0, 0, 1])))

    part = problem.at(torch.tensor([2, 0]))

    assert torch.equal(part.loss(images[[2, 0]]), problem.loss(images)[[2, 0]])
    assert problem.reached(images).tolist() == [True, False, True]
    assert part.reached(images[[2, 0]]).tolist() == [True, True]

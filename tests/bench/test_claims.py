import pytest

from sublimen.bench.claims import parse
from sublimen.errors import SettingError


@pytest.mark.parametrize("text", ["full psnr >= l1+l2 psnr", "full psnr_blue < full psnr_red"])
def test_a_claim_reads_back_as_it_was_written(text):
    assert str(parse(text)) == text


def test_both_sides_and_the_relation_are_told_apart():
    claim = parse("l1 beyond_jnd < l1-ori psnr")

    assert (claim.arm, claim.measure) == ("l1", "beyond_jnd")
    assert claim.relation == "<"
    assert (claim.other_arm, claim.other_measure) == ("l1-ori", "psnr")


@pytest.mark.parametrize("text", ["full > l1", "full psnr = l1 psnr", "full psnr >= l1 psnr ssim"])
def test_another_form_is_refused(text):
    with pytest.raises(SettingError, match="ARM MEASURE RELATION ARM MEASURE"):
        parse(text)

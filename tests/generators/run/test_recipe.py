"""Recipes: what they expand to, what identifies them, and what is refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bosonpeak.datasets.errors import RecipeError
from bosonpeak.generators.run.recipe import (
    LARGEST_FILE,
    Ensemble,
    available_recipes,
    load_recipe,
    parse_recipe,
    sample_seed,
)

HEAD = """\
[recipe]
name = "network/example"
kind = "network-ensemble"
title = "A title"
summary = "A summary."
created = 2026-01-31
licence = "CC0-1.0"
source = "A paper"
generator = "spring-network"
seed = 11       # root of all streams
samples = 3
"""


def recipe_with(rest="", **fields):
    """A recipe with some lines of its head replaced, and with further text."""
    lines = HEAD.splitlines()
    for key, value in fields.items():
        lines = [line for line in lines if not line.startswith(f"{key} =")]
        if value is not None:
            lines.append(f"{key} = {value}")
    return "\n".join(lines) + "\n" + rest


def complaint(text):
    with pytest.raises(RecipeError) as caught:
        parse_recipe(text, where="example.toml")
    return str(caught.value)


def test_plain_recipe_is_one_ensemble_at_the_root():
    recipe = parse_recipe(HEAD + "[parameters]\nsize = 4\n")
    assert recipe.ensembles == (Ensemble("", {"size": 4}),)
    assert (recipe.seed, recipe.samples, recipe.created) == (11, 3, "2026-01-31")


def test_grid_is_multiplied_out_over_the_common_parameters():
    text = recipe_with(
        "[parameters]\nsize = 4\n[grid]\nsituation = [1, 2]\ndelta = [0.1, 0.25]\nperiodic = [true]\n",
        group='"situation-{situation}/delta-{delta}-{periodic}"',
    )
    ensembles = parse_recipe(text).ensembles
    assert [ensemble.group for ensemble in ensembles] == [
        "situation-1/delta-0.1-true",
        "situation-1/delta-0.25-true",
        "situation-2/delta-0.1-true",
        "situation-2/delta-0.25-true",
    ]
    assert ensembles[2].parameters == {"size": 4, "situation": 2, "delta": 0.1, "periodic": True}


def test_listed_ensembles_stand_beside_the_grid_and_override_common_parameters():
    text = recipe_with(
        "[parameters]\nsize = 4\n[grid]\ndelta = [0.1]\n"
        '[[ensemble]]\ngroup = "large"\n[ensemble.parameters]\nsize = 9\n',
        group='"delta-{delta}"',
    )
    assert parse_recipe(text).ensembles == (
        Ensemble("delta-0.1", {"size": 4, "delta": 0.1}),
        Ensemble("large", {"size": 9}),
    )


def test_template_without_a_grid_is_a_plain_group():
    assert parse_recipe(recipe_with(group='"only"')).ensembles == (Ensemble("only", {}),)


def test_every_problem_is_named_at_once():
    text = recipe_with(
        '[parameterz]\nsize = 4\n[[ensemble]]\ngroup = "a"\n[[ensemble]]\ngroup = "A"\n[[ensemble]]\ngrup = "b"\n',
        samples="0",
        seed='"one"',
        created='"yesterday"',
        licence=None,
        sead="4",
    )
    message = complaint(text)
    for fragment in (
        "did you mean 'parameters'?",
        "did you mean 'seed'?",
        "did you mean 'group'?",
        "recipe.samples: should be greater than or equal to 1, got 0",
        "recipe.seed: should be a valid integer, got 'one'",
        "created: expected a date",
        "licence is missing",
        "'a' occurs 2 times",
        "ensemble[2]: group is missing",
        "example.toml",
    ):
        assert fragment in message


@pytest.mark.parametrize(
    ("group", "fragment"),
    [
        ("../outside", "expected up to"),
        ("/absolute", "expected up to"),
        ("a//b", "expected up to"),
        ("a/", "expected up to"),
        (".hidden", "expected up to"),
        ("a b", "expected up to"),
        ("a\\\\b", "expected up to"),
        ("a/b/c/d/e", "expected up to"),
        ("x" * 65, "expected up to"),
        ("", "expected up to"),
        ("{delta}", "is not in [grid]"),
        ("{0.__class__}", "no other braces"),
    ],
)
def test_hostile_groups_are_refused(group, fragment):
    assert fragment in complaint(recipe_with(group=f'"{group}"'))


def test_group_that_holds_another_is_refused():
    text = recipe_with('[[ensemble]]\ngroup = "a"\n[[ensemble]]\ngroup = "a/b"\n')
    assert "'a' holds the group 'a/b'" in complaint(text)


@pytest.mark.parametrize(
    ("text", "fragment"),
    [
        ("[recipe", "not valid TOML"),
        ("x = " + "[" * 5000 + "]" * 5000, "recipe"),
        ("", "recipe is missing"),
        ("recipe = 3\n", "recipe: expected a table, got 3"),
        (recipe_with(name='"Has Spaces"'), "name: expected lower-case"),
        (recipe_with(name='"../up"'), "name: expected lower-case"),
        (recipe_with(title='"nul \\u0000 byte"'), "control characters"),
        (recipe_with(title='"  "'), "title: expected 1 to"),
        (recipe_with(samples="2.0"), "samples: should be a valid integer, got 2.0"),
        (recipe_with(samples="true"), "samples: should be a valid integer, got True"),
        (recipe_with(samples="1000001"), "samples: should be less than or equal to 1000000, got 1000001"),
        (recipe_with(seed="-1"), "seed: should be greater than or equal to 0, got -1"),
        (recipe_with(seed=str(2**63)), "seed: integer beyond 64 bits"),
        (recipe_with("[parameters]\nx = nan\n"), "NaN"),
        (recipe_with(f"[parameters]\nx = {2**63}\n"), "beyond 64 bits"),
        (recipe_with("[parameters]\nx = 2026-01-31\n"), "got a date"),
        (recipe_with("[grid]\nx = [1]\n"), "needs a template"),
        (recipe_with("[grid]\nx = 1\n", group='"x-{x}"'), "expected a list"),
        (recipe_with("[grid]\nx = []\n", group='"x-{x}"'), "expected a list"),
        (recipe_with("[grid]\nx = [[1]]\n", group='"x-{x}"'), "expected numbers"),
        (recipe_with("[grid]\nx = [1, 1]\n", group='"x-{x}"'), "occurs 2 times"),
        (recipe_with("[grid]\nx = [1]\n", group='"x"'), "does not name {x}"),
        (recipe_with("[parameters]\nx = 2\n[grid]\nx = [1]\n", group='"x-{x}"'), "in [parameters] as well"),
        (recipe_with(f"[grid]\nx = {list(range(101))}\ny = {list(range(100))}\n", group='"{x}/{y}"'), "more than"),
        (recipe_with("[grid]\nx = [1, 2]\n", group='"x-{x}"', samples="600000"), "are more than"),
        (recipe_with("ensemble = 3\n").replace("[recipe]", "[recipe]", 1), "unknown key 'ensemble'"),
        ("ensemble = 3\n" + HEAD, "expected tables [[ensemble]]"),
        (recipe_with(created="20260131"), "created: expected a date such as 2026-01-31, got 20260131"),
        (recipe_with(created="2026-01-31T12:00:00"), "created: expected a date such as 2026-01-31"),
        (recipe_with(seed="0x" + "f" * 5000), "integer beyond 64 bits"),
        (recipe_with(seed="9" * 5000), "digits"),
        (recipe_with(title="0x" + "f" * 5000), "digits"),
        (recipe_with(colour='"red"'), "recipe: unknown key 'colour', known are name, kind, title"),
        (recipe_with("[parameters]\nx = [1, [nan]]\ny = 2026-01-31\n"), "parameters.x: NaN is not a parameter"),
        (recipe_with("[parameters]\nx = [1, [nan]]\ny = 2026-01-31\n"), "parameters.y: expected a number"),
        (recipe_with("[grid]\nx = [nan]\n", group='"x-{x}"'), "grid.x: NaN"),
    ],
)
def test_malformed_recipes_are_refused(text, fragment):
    assert fragment in complaint(text)


def test_digest_is_of_what_determines_the_samples_only():
    base = parse_recipe(recipe_with("[parameters]\nsize = 4\n"))
    same = parse_recipe(recipe_with("# why\n[parameters]\nsize = 4\n", samples="9", title='"B"', licence='"MIT"'))
    assert base.digest == same.digest
    others = [
        recipe_with("[parameters]\nsize = 5\n"),
        recipe_with("[parameters]\nsize = 4\n", seed="12"),
        recipe_with("[parameters]\nsize = 4\n", name='"network/other"'),
        recipe_with("[parameters]\nsize = 4\n", kind='"spectrum"'),
        recipe_with("[parameters]\nsize = 4\n", generator='"other"'),
        recipe_with("[parameters]\nsize = 4\n", group='"x"'),
    ]
    digests = {base.digest, *(parse_recipe(text).digest for text in others)}
    assert len(digests) == len(others) + 1


def test_digest_does_not_depend_on_the_order_of_ensembles():
    one, other = ('[[ensemble]]\ngroup = "a"\nparameters = {x = 1}\n', '[[ensemble]]\ngroup = "b"\n')
    assert parse_recipe(recipe_with(one + other)).digest == parse_recipe(recipe_with(other + one)).digest


def test_sample_streams_follow_the_documented_spawn_key():
    seed = sample_seed(parse_recipe(HEAD), 5)
    # printf network/example | sha256sum | head -c 16
    assert seed.spawn_key == (0x56B3594A79B78C99, 5)
    assert seed.entropy == 11


def test_sample_streams_differ_by_index_name_and_seed_but_not_by_parameters():
    def draw(text, index=0):
        return np.random.default_rng(sample_seed(parse_recipe(text), index)).integers(2**63)

    draws = {draw(HEAD), draw(HEAD, 1), draw(recipe_with(seed="12")), draw(recipe_with(name='"network/other"'))}
    assert len(draws) == 4
    assert draw(HEAD) == draw(recipe_with("[parameters]\nsize = 5\n", samples="8"))


def test_a_recipe_may_take_the_samples_of_another_recipe():
    other = parse_recipe(recipe_with(name='"network/other"', samples_of='"network/example"'))
    assert sample_seed(other, 5).spawn_key == sample_seed(parse_recipe(HEAD), 5).spawn_key
    assert other.digest != parse_recipe(recipe_with(name='"network/other"')).digest
    with pytest.raises(RecipeError, match="samples_of"):
        parse_recipe(recipe_with(samples_of='"No Name"'))


@given(samples=st.integers(1, 10**6), seed=st.integers(0, 2**63 - 1))
def test_replaced_text_reads_back_as_the_replaced_recipe(samples, seed):
    recipe = parse_recipe(HEAD).replaced(samples=samples, seed=seed)
    assert (recipe.samples, recipe.seed) == (samples, seed)
    assert parse_recipe(recipe.text) == recipe
    assert "# root of all streams" in recipe.text


def test_replacing_touches_the_table_recipe_only():
    text = "[parameters]\nseed = 1\nsamples = 2\n" + HEAD
    recipe = parse_recipe(text).replaced(samples=8, seed=9)
    assert (recipe.samples, recipe.seed) == (8, 9)
    assert recipe.ensembles[0].parameters == {"seed": 1, "samples": 2}


@pytest.mark.parametrize("change", [{"samples": 0}, {"seed": -1}])
def test_impossible_replacements_are_refused(change):
    with pytest.raises(RecipeError):
        parse_recipe(HEAD).replaced(**change)


def test_field_that_is_not_on_its_own_line_is_not_replaced():
    text = HEAD.replace("samples = 3", '"samples" = 3')
    with pytest.raises(RecipeError, match="its line was not found"):
        parse_recipe(text).replaced(samples=4)


def test_files_are_read(tmp_path):
    path = tmp_path / "example.toml"
    path.write_text(HEAD)
    assert load_recipe(path) == load_recipe(str(path)) == parse_recipe(HEAD)


@pytest.mark.parametrize(
    ("content", "fragment"),
    [(b"\xff\xfe", "not UTF-8"), (b"#" * (LARGEST_FILE + 1), "too large"), (None, "cannot be read")],
)
def test_unreadable_files_are_refused(tmp_path, content, fragment):
    path = tmp_path / "example.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(RecipeError, match=fragment):
        load_recipe(path)


def test_unknown_name_gets_the_nearest_ones_and_the_list_of_all():
    with pytest.raises(RecipeError, match=r"did you mean .*'glass/taper-2'"):
        load_recipe("glass/taper2")
    with pytest.raises(RecipeError, match="generate --list"):
        load_recipe("no/such-recipe")


@pytest.mark.parametrize("name", available_recipes())
def test_embedded_recipes_are_valid_and_bear_their_name(name):
    assert load_recipe(name).name == name

import pytest

from bosonpeak.benchmark.leaderboard.entries import read_entries, read_entry
from bosonpeak.datasets.errors import ForeignInputError, StoreError

DIGEST = "sha256:" + "0" * 64


def entry(folder, name, text):
    (folder / name).mkdir(parents=True)
    (folder / name / "entry.toml").write_text(text)
    return folder / name


def test_what_an_entry_may_say(tmp_path):
    by_recipe = read_entry(entry(tmp_path, "lammps", 'recipe = "lammps"\n'))
    assert (by_recipe.name, by_recipe.recipe, by_recipe.data) == ("lammps", "lammps", None)
    by_data = read_entry(entry(tmp_path, "mine", f'[data]\nurl = "https://example.org/a.zip"\ndigest = "{DIGEST}"\n'))
    assert (by_data.recipe, by_data.data.url, by_data.data.digest) == ("", "https://example.org/a.zip", DIGEST)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "neither recipe nor data"),
        ('recipe = "../../evil"\n', "recipe = '../../evil'"),
        ('recipe = "a"\nscore = 100\n', "unknown key 'score'"),
        (f'[data]\npath = "../run.zip"\ndigest = "{DIGEST}"\n', "data.path"),
        (f'[data]\nurl = "file:///etc/passwd"\ndigest = "{DIGEST}"\n', "data.url"),
        ('[data]\npath = "run.zip"\n', "without a digest"),
        (f'[data]\npath = "run.zip"\nurl = "https://a.b"\ndigest = "{DIGEST}"\n', "both path and url"),
        ("data = 3\n", "data is not a table"),
        ("recipe = ", "not TOML"),
    ],
)
def test_what_it_may_not_say_is_named(tmp_path, text, fault):
    with pytest.raises(ForeignInputError, match=fault):
        read_entry(entry(tmp_path, "theirs", text))


def test_folders_without_entries_links_and_repeated_recipes_are_refused(tmp_path):
    with pytest.raises(StoreError, match="no entry for a leaderboard"):
        read_entries(tmp_path / "nowhere")
    one = entry(tmp_path, "one", 'recipe = "lammps"\n')
    (tmp_path / "link").symlink_to(one)
    with pytest.raises(ForeignInputError, match="is a link"):
        read_entries(tmp_path)
    (tmp_path / "link").unlink()
    entry(tmp_path, "two", 'recipe = "lammps"\n')
    with pytest.raises(ForeignInputError, match="the same recipe"):
        read_entries(tmp_path)

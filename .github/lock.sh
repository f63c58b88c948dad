#!/bin/sh
# Write the lock files of the workflows: exact versions with hashes, and no index. Needs uv (pip install uv); run it in the top folder.
set -eu
lock() {
    uv pip compile --quiet --upgrade --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links \
        --python-version 3.13 --python-platform x86_64-manylinux_2_28 "$@"
}
lock pyproject.toml --extra fresh --extra sign --output-file .github/requirements.txt
printf 'build\ncyclonedx-bom\nhatchling\n' | lock - --constraints .github/requirements.txt --output-file .github/build-tools.txt

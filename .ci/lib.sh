# shellcheck shell=bash
# What the steps share. Each of them sources this file first, and then stands in the root of the repository.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Programs that are no part of Debian are kept here. A folder outside the clone spares the next clone the download.
tools=${CI_TOOLS:-$PWD/target/tools}

# Installs Debian's packages for programs that are missing: `need PROGRAM=PACKAGE...`.
need() {
    local missing=() pair
    for pair in "$@"; do
        command -v "${pair%%=*}" >/dev/null || missing+=("${pair#*=}")
    done
    ((${#missing[@]})) || return 0
    debian "${missing[@]}"
}

# Installs Debian's packages. No service is started.
debian() {
    echo "installing $*"
    timeout 180 apt-get update -q >/dev/null
    DEBIAN_FRONTEND=noninteractive timeout 900 apt-get install -qy --no-install-recommends "$@" >/dev/null
}

# A Python environment at a folder, with pinned packages.
python_environment() { # FOLDER PACKAGE==VERSION...
    local folder=$1
    shift
    if [[ ! -x $folder/bin/pip ]]; then
        # Debian's python3 comes without venv.
        python3 -c 'import ensurepip, venv' 2>/dev/null || debian python3-venv
        timeout 120 python3 -m venv "$folder"
    fi
    timeout 300 "$folder/bin/pip" install -q --disable-pip-version-check "$@"
}

# Makes a subcommand of cargo available. PyPI has it compiled, which takes seconds; crates.io has its source, which takes minutes.
cargo_tool() { # NAME VERSION
    command -v "$1" >/dev/null && return
    if [[ ! -x $tools/bin/$1 ]]; then
        python_environment "$tools" "astral-dev-toolchain-$1==$2" && "$tools/bin/$1" "${1#cargo-}" --help >/dev/null ||
            cargo install --locked --quiet --root "$tools" "$1" --version "$2"
    fi
    export PATH=$tools/bin:$PATH
}

# The tool in its release build, which README's first command has made.
release_build() {
    cargo build --release --quiet -p mqtt-conformance
    echo "${CARGO_TARGET_DIR:-target}/release/mqtt-conformance"
}

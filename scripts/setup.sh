#!/usr/bin/env bash
# Set up everything below this folder, once: scripts/setup.sh run | dev | examples
#
#   run        a virtual environment from requirements.txt, Java, Delta's jars: what `make demo` needs
#   dev        the same from requirements-dev.txt: the tools and tests besides
#   examples   run, or what is there already, and the data that examples bring as a package
#
# A second call sees from the stamp that nothing changed and does nothing. PYTHON=... chooses the Python.
set -euo pipefail
cd "$(dirname "$0")/.."

kind=${1:?usage: scripts/setup.sh run|dev|examples}
case $kind in
    run) lock=requirements.txt ;;
    dev) lock=requirements-dev.txt ;;
    examples) lock=requirements-examples.txt ;;
    *) echo "scripts/setup.sh: '$kind' is not a kind of set-up; allowed: run, dev, examples" >&2 && exit 2 ;;
esac

say() { printf '%s\n' "$*" >&2; }
fail() { say "$@" && exit 2; }

# --- what is set up already -----------------------------------------------------------------------------------
# The stamp tells the contents of all that the set-up is made from, and the folder, since an environment cannot move.
stamped=(requirements.in setup.py pipeline/jars.py pipeline/class_archive.py scripts/archive_classes.py scripts/setup.sh)
key() { pwd && cksum requirements-build.txt "$1" "${stamped[@]}"; }
is_ready() { [ -x .venv/bin/python ] && [ "$(cat ".venv/ready-$1" 2>/dev/null)" = "$(key "$2")" ]; }
install() { .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-build-isolation "$@"; }
if [ "$kind" = examples ]; then
    scripts/setup.sh run
    is_ready examples "$lock" && exit 0
    say "Installing the data of the examples (once; 9 MB)"
    install --no-deps --require-hashes -r "$lock"
    key "$lock" >.venv/ready-examples
    exit 0
fi
if is_ready dev requirements-dev.txt || { [ "$kind" = run ] && is_ready run requirements.txt; }; then
    exit 0
fi

can_apt() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; }
apt_install() {
    say "Installing $1 with apt-get"
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$1"; } \
        >/dev/null 2>&1 </dev/null
}

# --- Python ---------------------------------------------------------------------------------------------------
# 3.11 is what is tested. A candidate has to run: pyenv leaves commands on PATH that only print an error.
fits() { "$1" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' >/dev/null 2>&1; }
can_make_venv() { "$1" -c 'import ensurepip, venv' >/dev/null 2>&1; }
find_python() {
    for python in ${PYTHON:+"$PYTHON"} python3.11 python3.12 python3.13 python3.10 python3; do
        if fits "$python" && "$@" "$python"; then
            command -v "$python"
            return
        fi
    done
    return 1
}
make_venv() {
    local python version
    if ! python=$(find_python can_make_venv); then
        python=$(find_python true) || fail "Python 3.11 is needed (3.10 to 3.13 will do), none was found on PATH." \
            "Install one (Debian, Ubuntu: apt-get install python3 python3-venv; Fedora: dnf install python3.11;" \
            "macOS: brew install python@3.11) or name one: make demo PYTHON=/path/to/python3.11"
        version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
        if ! { can_apt && apt_install "python$version-venv" && can_make_venv "$python"; }; then
            fail "$python cannot make virtual environments: its module ensurepip is missing." \
                "Debian, Ubuntu: apt-get install python$version-venv; or name another: make demo PYTHON=/path/to/python3.11"
        fi
    fi
    say "Making .venv with $("$python" --version) ($python)"
    "$python" -m venv --clear .venv
}

# --- Java -----------------------------------------------------------------------------------------------------
java_version() { # the number people call it by: 8 of 1.8.0_392, 17 of 17.0.15; nothing where there is no Java
    "$1" -version 2>&1 | sed -n '/ version "/ { s/.* version "\(1\.\)\{0,1\}\([0-9]*\).*/\2/p; q; }' || true
}
has_java() {
    local found
    found=$(java_version "${JAVA_HOME:+$JAVA_HOME/bin/}java")
    [ "${found:-0}" -ge 17 ]
}
need_java() {
    has_java && return
    if [ -z "${JAVA_HOME:-}" ] && can_apt; then # Debian has dropped 17 from its newest release
        { apt_install openjdk-17-jre-headless || apt_install openjdk-21-jre-headless; } && has_java && return
    fi
    say "Spark needs Java 17 or newer; JAVA_HOME is ${JAVA_HOME:-not set}, PATH has $(command -v java || echo none)."
    say "  Debian, Ubuntu   apt-get install openjdk-17-jre-headless"
    say "  Fedora, RHEL     dnf install java-17-openjdk-headless"
    say "  macOS            brew install openjdk@17, then set JAVA_HOME to \$(brew --prefix openjdk@17)"
    say "  any              unpack a JDK, then set JAVA_HOME to its folder"
    exit 2
}

# --- PostgreSQL, for the tests of a tracking server ------------------------------------------------------------
# Where it cannot be had here, those tests say what to install. Its package must not start a database of its own.
has_postgres() {
    [ -x "$(pg_config --bindir 2>/dev/null)/postgres" ] || command -v postgres >/dev/null ||
        compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null
}
get_postgres() {
    local settings=/etc/postgresql-common/createcluster.conf
    if ! has_postgres && can_apt && apt_install postgresql-common; then
        [ -w "$settings" ] && sed -i 's/^#\{0,1\} *create_main_cluster.*/create_main_cluster = false/' "$settings"
        apt_install postgresql || say "PostgreSQL could not be installed: the tests that need it will say so."
    fi
}

# --- all of it ------------------------------------------------------------------------------------------------
need_java
if [ "$kind" = dev ]; then get_postgres; fi
if [ ! -x .venv/bin/python ] || [ "$(cat .venv/made-for 2>/dev/null)" != "$(pwd)" ]; then
    make_venv
    pwd >.venv/made-for
fi
rm -f .venv/ready-*
say "Installing the packages of $lock (once; some 500 MB, most of it Spark)"
install --require-hashes -r requirements-build.txt
install --require-hashes -r "$lock"
install --no-deps --editable .
say "Fetching Delta's jars (once; 10 MB)"
.venv/bin/python -m pipeline.jars >/dev/null
say "Archiving Spark's classes, so that commands start faster (once; 180 MB)"
.venv/bin/python scripts/archive_classes.py || true
key "$lock" >".venv/ready-$kind"

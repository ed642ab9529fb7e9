#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# venv.sh DIR REQUIREMENTS: makes the virtual environment of the tests; DIR/done
# says that it is complete.
set -eu
rm -rf "$1"
mkdir -p "$(dirname "$1")"
"${PYTHON:-python3}" -m venv "$1" || {
	echo "cannot make a virtual environment (Debian: python3-venv)" >&2
	exit 1
}
"$1/bin/python" -m pip --disable-pip-version-check install -q -r "$2"
touch "$1/done"

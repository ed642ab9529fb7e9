# SPDX-License-Identifier: Apache-2.0
"""What a run looks at, beside what it imports."""

# SPDX-License-Identifier: BSD-3-Clause
"""What scenario and live tests share."""

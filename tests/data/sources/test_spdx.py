"""Which license a text states or metadata declare."""

import pytest

from llemma.data.sources.spdx import combined, license_of_metadata, license_of_text

PERMISSION = "Permission is hereby granted, free of charge, to any person obtaining\n> a copy of this software"
NOTICE = "The above copyright notice and this permission notice shall be included in all copies"
ISC = "Permission to use, copy, modify, and/or distribute this software for any purpose with or without fee is hereby"
BSD = "Redistribution and use in source and binary forms, with or without modification, are permitted"
GNU_NOTICE = (
    "under the terms of the GNU General Public License as published by the Free Software Foundation; either version 2 "
    "of the License, or (at your option) any later version."
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"The MIT License\n\n> {PERMISSION}\n> {NOTICE}", "MIT"),
        (PERMISSION, "MIT-0"),
        (f"{ISC} granted, provided that this permission notice appear in all copies.", "ISC"),
        (f"{ISC} granted.", "0BSD"),
        (BSD, "BSD-2-Clause"),
        (f"{BSD} ... may not be used to endorse or promote products derived from it", "BSD-3-Clause"),
        (f"{BSD} ... All advertising materials ... endorse or promote products derived from it", "BSD-4-Clause"),
        ("      Apache License\n   Version 2.0, January 2004\n", "Apache-2.0"),
        ("Licensed under the Apache License, Version 2.0 (the", "Apache-2.0"),
        ("GNU GENERAL PUBLIC LICENSE\n   Version 3, 29 June 2007", "GPL-3.0-only"),
        (f"GNU GENERAL PUBLIC LICENSE\n   Version 2, June 1991 ... {GNU_NOTICE}", "GPL-2.0-only"),
        (GNU_NOTICE, "GPL-2.0-or-later"),
        ("GNU LESSER GENERAL PUBLIC LICENSE\n   Version 2.1, February 1999", "LGPL-2.1-only"),
        ("GNU LESSER GENERAL PUBLIC LICENSE\n   Version 3, 29 June 2007", "LGPL-3.0-only"),
        ("GNU AFFERO GENERAL PUBLIC LICENSE\n   Version 3, 19 November 2007", "AGPL-3.0-only"),
        ("CeCILL-B FREE SOFTWARE LICENSE AGREEMENT", "CECILL-B"),
        ("This is free and unencumbered software released into the public domain.", "Unlicense"),
        ("# Attribution-NonCommercial-ShareAlike 4.0 International", "CC-BY-NC-SA-4.0"),
        ("see https://creativecommons.org/licenses/by-sa/3.0/", "CC-BY-SA-3.0"),
        ("CC0 1.0 Universal", "CC0-1.0"),
        (f"{PERMISSION} {NOTICE}\nThe texts: https://creativecommons.org/licenses/by/4.0/", "CC-BY-4.0 AND MIT"),
        ("SPDX-License-Identifier: BSL-1.0", "BSL-1.0"),
        ("All rights reserved.", None),
        ("", None),
    ],
)
def test_a_license_text_is_recognised(text: str, expected: str | None) -> None:
    assert license_of_text(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("name: x\nlicense:        BSD3\n", "BSD-3-Clause"),
        ("License: GPL (>= 2)", "GPL-2.0-or-later"),
        ("License: GPL-2 | GPL-3", "GPL-2.0-only"),
        ("License: LGPL-2.1-or-later", "LGPL-2.1-or-later"),
        ("License: MIT + file LICENSE", "MIT"),
        ('[project]\nlicense = "Apache-2.0"\n', "Apache-2.0"),
        ('{\n  "license": "ISC",\n}', "ISC"),
        ("license: proprietary", None),
        ("the license: MIT", None),
    ],
)
def test_a_license_in_package_metadata_is_recognised(text: str, expected: str | None) -> None:
    assert license_of_metadata(text) == expected


def test_later_versions_allowed_in_one_file_count_for_the_other() -> None:
    assert combined(["GPL-2.0-only", "GPL-2.0-or-later"]) == "GPL-2.0-or-later"
    assert combined(["GPL-2.0-only", "LGPL-2.1-or-later AND MIT"]) == "GPL-2.0-only AND LGPL-2.1-or-later AND MIT"
    assert combined([]) is None

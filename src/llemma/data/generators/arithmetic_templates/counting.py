"""Word problems about how many there are: in rows, in boxes, in a bus, in a book, and how many more."""

from llemma.data.generators.arithmetic_templates.template import Template

COUNTING = (
    Template(
        kind="reading",
        numbers="pages: factor, days: digit, rest: number, done: pages x days, total: done + rest",
        forms=(
            "A book has {total} pages. {name} reads {pages} pages a day for {days} days. How many pages are left?",
            "{name} reads {pages} pages of a book every day. The book has {total} pages. "
            "How many pages are left after {days} days?",
        ),
        solution="{name} reads {pages} x {days} = {read} pages. There are {total} - {read} = {left} pages left.",
    ),
    Template(
        kind="reading",
        numbers="dawn: digit, dusk: digit, day: dawn + dusk, days: digit, all: day x days, rest: number, total: all + "
        "rest",
        forms=(
            "A book has {total} pages. {name} reads {dawn} pages each morning and {dusk} pages each evening. "
            "How many pages are left after {days} days?",
            "{name} reads {dawn} pages of a book in the morning and {dusk} at night, for {days} days. "
            "The book has {total} pages. How many pages are left?",
        ),
        solution="{name} reads {dawn} + {dusk} = {daily} pages a day. In {days} days that is "
        "{daily} x {days} = {read} pages. There are {total} - {read} = {left} pages left.",
    ),
    Template(
        kind="rows",
        numbers="rows: digit, seats: factor",
        forms=(
            "A room has {rows} rows of {seats} chairs. How many chairs are in the room?",
            "{name} puts chairs in {rows} rows with {seats} chairs in each row. How many chairs are there?",
        ),
        solution="There are {rows} x {seats} = {all} chairs.",
    ),
    Template(
        kind="rows",
        numbers="rows: digit, seats: factor, taken: number",
        forms=(
            "A room has {rows} rows of {seats} chairs. People sit on {taken} chairs. How many chairs are free?",
            "There are {rows} rows with {seats} chairs in each row. {taken} of the chairs are taken. "
            "How many chairs are not taken?",
        ),
        solution="There are {rows} x {seats} = {all} chairs. {all} - {taken} = {free} chairs are free.",
    ),
    Template(
        kind="rows",
        numbers="rows: digit, seats: factor, lines: digit, trees: digit",
        forms=(
            "A garden has {rows} rows of {seats} {color} flowers and {lines} rows of {trees} {shade} flowers. "
            "How many flowers are there?",
            "{name} plants {rows} rows of {seats} {color} flowers and {lines} rows of {trees} {shade} flowers. "
            "How many flowers does {he} plant?",
        ),
        solution="There are {rows} x {seats} = {a} {color} flowers and {lines} x {trees} = {b} {shade} flowers. "
        "In all that is {a} + {b} = {sum} flowers.",
    ),
    Template(
        kind="comparing",
        numbers="more: number, less: number, gap: more - less",
        forms=(
            "{name} has {more} {things}. {other} has {less} {things}. How many more {things} does {name} have than "
            "{other}?",
            "{other} has {less} {things} and {name} has {more}. How many fewer {things} does {other} have than {name}?",
        ),
        solution="The difference is {more} - {less} = {diff} {things}.",
    ),
    Template(
        kind="comparing",
        numbers="some: factor, times: few",
        forms=(
            "{name} has {some} {things}. {other} has {times} times as many. How many {things} do they have together?",
            "{other} has {times} times as many {things} as {name}, who has {some}. How many {things} do the two have?",
        ),
        solution="{other} has {some} x {times} = {many} {things}. Together that is {some} + {many} = {sum} {things}.",
    ),
    Template(
        kind="comparing",
        numbers="some: digit, extra: digit, times: few",
        forms=(
            "{name} has {some} {things}. {other} has {extra} {things} more than {name}. Their teacher has {times} "
            "times as many as {other}. How many {things} do the three have?",
            "{other} has {extra} {things} more than {name}, who has {some}. Their teacher has {times} times as many "
            "{things} as {other}. How many {things} do all three have?",
        ),
        solution="{other} has {some} + {extra} = {b} {things}. The teacher has {b} x {times} = {c} {things}. "
        "The children have {some} + {b} = {two} {things}. In all that is {two} + {c} = {sum} {things}.",
    ),
    Template(
        kind="packing",
        numbers="n: few, m: few, k: digit",
        forms=(
            "{name} has {n} {boxes}. In each {box} are {m} bowls with {k} {things} each. How many {things} does {he} "
            "have?",
            "There are {n} {boxes} with {m} bowls in each. Each bowl holds {k} {things}. How many {things} are there?",
        ),
        solution="There are {n} x {m} = {bowls} bowls. They hold {bowls} x {k} = {all} {things}.",
    ),
    Template(
        kind="packing",
        numbers="k: digit, jars: digit, good: k x jars, bad: digit, total: good + bad, price: few",
        forms=(
            "{name} has {total} {things}, but {bad} of them are bad. {He} packs the good ones in {boxes} of {k} and "
            "sells each {box} for {price} dollars. How many dollars does {he} get?",
            "{bad} of {total} {things} are bad. {name} puts the others in {boxes} of {k}. Each {box} sells for {price} "
            "dollars. How many dollars does {he} get for them?",
        ),
        solution="There are {total} - {bad} = {fine} good {things}. They fill {fine} / {k} = {full} {boxes}. "
        "{He} gets {full} x {price} = {sum} dollars.",
    ),
    Template(
        kind="packing",
        numbers="n: digit, m: big, q: digit, all: n x m, k: digit, packs: digit, good: k x packs, bad: all - good",
        forms=(
            "{name} has {n} {boxes} of {m} {things}. {bad} {things} are bad. {He} puts the good ones in packs of {k} "
            "and sells each pack for {q} dollars. How many dollars does {he} get?",
            "A shop gets {n} {boxes} with {m} {things} each, but {bad} {things} are bad. The others are sold in packs "
            "of {k} for {q} dollars a pack. How many dollars does the shop get?",
        ),
        solution="There are {n} x {m} = {total} {things}. {total} - {bad} = {fine} are good. "
        "They fill {fine} / {k} = {full} packs. The packs bring {full} x {q} = {sum} dollars.",
    ),
    Template(
        kind="passengers",
        numbers="people: number, off: number, on: number",
        forms=(
            "{people} people are on a bus. At a stop {off} people get off and {on} get on. "
            "How many people are on the bus now?",
            "A bus has {people} people. {off} people leave and {on} people come in. How many people are on the bus "
            "then?",
        ),
        solution="{people} - {off} = {stay} people stay. Now there are {stay} + {on} = {now} people.",
    ),
    Template(
        kind="passengers",
        numbers="cars: digit, seats: big, off: number, on: number, more: digit",
        forms=(
            "A train has {cars} cars with {seats} people each. At one stop {off} people get off and {on} get on. "
            "At the next stop {more} people get off. How many people are on the train now?",
            "A ship has {cars} decks with {seats} people each. First {off} people leave and {on} come aboard. "
            "Then {more} people leave. How many people are on the ship now?",
        ),
        solution="First there are {cars} x {seats} = {all} people. {all} - {off} = {stay} people stay. "
        "Then there are {stay} + {on} = {sum} people. In the end there are {sum} - {more} = {now} people.",
    ),
)

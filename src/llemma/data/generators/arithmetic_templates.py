"""The templates of the grade-school word problems: what is asked, with which numbers, and how it is solved.

A template is data. `numbers` says how its numbers come about, in order: `n: digit` draws one from a class of `CLASSES`,
`total: n x price` computes one. The `forms` are ways to ask for the same thing. The `solution` has one equation a step;
what stands right of "=" gets its value there, and the last one is the answer. All numbers of a problem are at least 2
(a draw that breaks this is drawn again), so that plurals are always right. Forms and solutions also use the word slots
of `words.GROUPS`.

Rules for a new template, each held by a test: every form gives the same numbers and no others; those numbers alone
decide the answer; the solution uses no person or object that some form does not mention; no two kinds ask in the same
words; it has problems of both splits at the smallest `max_number`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Template:
    """One problem of its kind; `level`, the number of steps, is the number of equations in the solution."""

    kind: str
    numbers: str
    forms: tuple[str, ...]
    solution: str

    @property
    def level(self) -> int:
        """The number of steps, 1 to 4."""
        return self.solution.count(" = ")


def number_classes(max_number: int) -> Mapping[str, Sequence[int]]:
    """Return the values that each class of numbers may take; `max_number` bounds "number" and "big".

    "digit" and "factor" keep to the multiplication table; products with "big" are what level 4 asks for.
    """
    return {
        "few": range(2, 6),
        "factor": range(2, 13),
        "sides": range(3, 9),
        "child": range(5, 10),
        "elder": range(6, 9),
        "digit": range(2, 10),
        "number": range(2, max_number + 1),
        "big": range(11, max_number + 1),
        "bill": (20, 50, 100),
        "bills": (100, 200, 300),
    }


TEMPLATES = (
    Template(
        kind="buying",
        numbers="n: digit, price: digit",
        forms=(
            "{name} buys {n} {things} for {price} dollars each. How many dollars does {he} pay?",
            "One {thing} costs {price} dollars. How many dollars do {n} {things} cost?",
            "{name} wants {n} {things}. Each {thing} costs {price} dollars. How many dollars does {he} need?",
        ),
        solution="{n} {things} cost {n} x {price} = {cost} dollars.",
    ),
    Template(
        kind="buying",
        numbers="n: digit, price: digit, m: digit, fee: digit",
        forms=(
            "{name} buys {n} {things} for {price} dollars each and {m} {items} for {fee} dollars each. "
            "How many dollars does {he} pay?",
            "One {thing} costs {price} dollars and one {item} costs {fee} dollars. "
            "How many dollars do {n} {things} and {m} {items} cost?",
        ),
        solution="The {things} cost {n} x {price} = {a} dollars. The {items} cost {m} x {fee} = {b} dollars. "
        "In all that is {a} + {b} = {sum} dollars.",
    ),
    Template(
        kind="change",
        numbers="n: digit, price: digit, bill: bill",
        forms=(
            "{name} buys {n} {things} for {price} dollars each and pays with a {bill} dollar bill. "
            "How many dollars does {he} get back?",
            "{name} has {bill} dollars and buys {n} {things}. Each {thing} costs {price} dollars. "
            "How many dollars are left?",
        ),
        solution="The {things} cost {n} x {price} = {cost} dollars. There are {bill} - {cost} = {left} dollars left.",
    ),
    Template(
        kind="change",
        numbers="n: digit, price: big, m: digit, fee: digit, bill: bills",
        forms=(
            "{name} has {bill} dollars. {He} buys {n} {things} for {price} dollars each and {m} {items} for {fee} "
            "dollars each. How many dollars are left?",
            "{name} pays with {bill} dollars for {n} {things} at {price} dollars each and {m} {items} at {fee} dollars "
            "each. How many dollars does {he} get back?",
        ),
        solution="The {things} cost {n} x {price} = {a} dollars. The {items} cost {m} x {fee} = {b} dollars. "
        "In all that is {a} + {b} = {sum} dollars. There are {bill} - {sum} = {left} dollars left.",
    ),
    Template(
        kind="sharing",
        numbers="friends: digit, share: digit, total: friends x share",
        forms=(
            "{name} shares {total} {things} equally among {friends} friends. How many {things} does each friend get?",
            "{total} {things} are shared equally by {friends} children. How many {things} does each of them get?",
        ),
        solution="Each gets {total} / {friends} = {each} {things}.",
    ),
    Template(
        kind="sharing",
        numbers="friends: digit, share: digit, all: friends x share, more: number, had: all - more",
        forms=(
            "{name} has {had} {things} and finds {more} more. {He} shares them equally among {friends} friends. "
            "How many {things} does each friend get?",
            "{name} has {had} {things} and {other} has {more} {things}. They put them together and share them equally "
            "among {friends} friends. How many {things} does each friend get?",
        ),
        solution="There are {had} + {more} = {total} {things}. Each gets {total} / {friends} = {each} {things}.",
    ),
    Template(
        kind="ages",
        numbers="age: number, older: digit",
        forms=(
            "{name} is {age} years old. {other} is {older} years older. How old is {other}?",
            "{other} is {older} years older than {name}. {name} is {age} years old. How old is {other}?",
        ),
        solution="{other} is {age} + {older} = {old} years old.",
    ),
    Template(
        kind="ages",
        numbers="age: digit, times: few, years: number",
        forms=(
            "{name} is {age} years old. {other} is {times} times as old. How old will {other} be in {years} years?",
            "{other} is {times} times as old as {name}, who is {age} years old. "
            "How old will {other} be {years} years from now?",
        ),
        solution="{other} is {age} x {times} = {now} years old. In {years} years {other} will be "
        "{now} + {years} = {then} years old.",
    ),
    Template(
        kind="ages",
        numbers="age: child, times: elder, older: digit",
        forms=(
            "{name} is {age} years old. {His} grandmother is {times} times as old. {His} grandfather is {older} years "
            "older than {his} grandmother. How many years old are the three together?",
            "The grandfather of {name} is {older} years older than the grandmother. The grandmother is {times} times "
            "as old as {name}, who is {age}. How many years old are the three together?",
        ),
        solution="The grandmother is {age} x {times} = {a} years old. The grandfather is {a} + {older} = {b} years "
        "old. {name} and the grandmother are {age} + {a} = {two}. All three are {two} + {b} = {sum} years old.",
    ),
    Template(
        kind="travel",
        numbers="speed: factor, hours: digit",
        forms=(
            "A train goes {speed} miles in one hour. How many miles does it go in {hours} hours?",
            "{name} rides at {speed} miles an hour for {hours} hours. How many miles is that?",
        ),
        solution="{hours} hours are {speed} x {hours} = {far} miles.",
    ),
    Template(
        kind="travel",
        numbers="speed: factor, hours: digit, way: speed x hours",
        forms=(
            "{name} drives {way} miles at {speed} miles an hour. How many hours does it take?",
            "A boat goes {speed} miles an hour. How many hours does it need for {way} miles?",
        ),
        solution="It takes {way} / {speed} = {time} hours.",
    ),
    Template(
        kind="travel",
        numbers="fast: factor, hours: digit, slow: digit, more: digit",
        forms=(
            "{name} drives for {hours} hours at {fast} miles an hour and walks for {more} hours at {slow} miles an "
            "hour. How many miles is that in all?",
            "A bus goes {fast} miles an hour for {hours} hours, then {slow} miles an hour for {more} hours. "
            "How many miles does it go?",
        ),
        solution="The first part is {fast} x {hours} = {a} miles. The second part is {slow} x {more} = {b} miles. "
        "In all that is {a} + {b} = {sum} miles.",
    ),
    Template(
        kind="travel",
        numbers="fast: big, hours: digit, a: fast x hours, slow: digit, more: digit, b: slow x more, gone: a + b, "
        "rest: number, way: gone + rest",
        forms=(
            "A trip is {way} miles long. {name} drives {hours} hours at {fast} miles an hour and walks {more} hours "
            "at {slow} miles an hour. How many miles are left?",
            "{name} wants to go {way} miles. {He} rides for {hours} hours at {fast} miles an hour and walks for "
            "{more} hours at {slow} miles an hour. How many miles are left?",
        ),
        solution="The first part is {fast} x {hours} = {one} miles. The second part is {slow} x {more} = {two} miles. "
        "In all that is {one} + {two} = {sum} miles. There are {way} - {sum} = {left} miles left.",
    ),
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
        kind="savings",
        numbers="have: number, save: digit, weeks: digit",
        forms=(
            "{name} has {have} dollars and saves {save} dollars a week. How many dollars does {he} have after {weeks} "
            "weeks?",
            "{name} saves {save} dollars every week. {He} starts with {have} dollars. "
            "How many dollars does {he} have {weeks} weeks later?",
        ),
        solution="{name} saves {save} x {weeks} = {new} dollars. Now {he} has {have} + {new} = {sum} dollars.",
    ),
    Template(
        kind="savings",
        numbers="save: digit, need: digit, gap: save x need, have: number, cost: gap + have",
        forms=(
            "A bike costs {cost} dollars. {name} has {have} dollars and saves {save} dollars a week. "
            "After how many weeks can {he} buy it?",
            "{name} has {have} dollars and wants a bike that costs {cost} dollars. "
            "How many weeks must {he} save {save} dollars a week to buy it?",
        ),
        solution="{name} needs {cost} - {have} = {more} more dollars. That takes {more} / {save} = {weeks} weeks.",
    ),
    Template(
        kind="savings",
        numbers="out: digit, save: big, earn: save + out, weeks: digit, have: number, cost: big",
        forms=(
            "{name} has {have} dollars. Each week {he} earns {earn} dollars and spends {out} dollars. After {weeks} "
            "weeks {he} buys a coat for {cost} dollars. How many dollars are left?",
            "Each week {name} gets {earn} dollars and spends {out} of them. {He} starts with {have} dollars and pays "
            "{cost} dollars for a coat after {weeks} weeks. How many dollars are left?",
        ),
        solution="{name} saves {earn} - {out} = {week} dollars a week. That is {week} x {weeks} = {new} dollars. "
        "With the first money that is {have} + {new} = {sum} dollars. There are {sum} - {cost} = {left} dollars left.",
    ),
    Template(
        kind="fractions",
        numbers="k: few, part: factor, total: k x part",
        forms=(
            "{name} has {total} {things}. 1/{k} of them are {color}. How many {things} are {color}?",
            "There are {total} {things} on a table and 1/{k} of the {things} are {color}. "
            "How many of them are {color}?",
        ),
        solution="There are {total} / {k} = {some} {color} {things}.",
    ),
    Template(
        kind="fractions",
        numbers="k: few, part: factor, total: k x part",
        forms=(
            "{name} has {total} {things}. 1/{k} of them are {color}. How many {things} are not {color}?",
            "There are {total} {things} on a table and 1/{k} of the {things} are {color}. "
            "How many of them are not {color}?",
        ),
        solution="There are {total} / {k} = {some} {color} {things}. {total} - {some} = {rest} {things} are not "
        "{color}.",
    ),
    Template(
        kind="fractions",
        numbers="k: few, j: few, both: k x j, m: digit, total: both x m",
        forms=(
            "{name} has {total} {things}. 1/{k} of them are {color} and 1/{j} of them are {shade}. The rest are gray. "
            "How many {things} are gray?",
            "Of {total} {things}, 1/{k} are {color}, 1/{j} are {shade} and the rest are gray. How many {things} are "
            "gray?",
        ),
        solution="There are {total} / {k} = {a} {color} {things}. There are {total} / {j} = {b} {shade} {things}. "
        "That is {a} + {b} = {sum} {things}. {total} - {sum} = {rest} {things} are gray.",
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
        kind="percent",
        numbers="t: digit, percent: t x 10, tenth: digit, total: tenth x 10",
        forms=(
            "{name} has {total} {things} and {percent} percent of them are {color}. How many {things} are {color}?",
            "A shop has {total} {things}. {percent} percent of the {things} are {color}. How many {color} {things} "
            "are there?",
        ),
        solution="10 percent is {total} / 10 = {one} {things}. {percent} percent is {one} x {t} = {some} {things}.",
    ),
    Template(
        kind="percent",
        numbers="t: digit, percent: t x 10, tenth: factor, total: tenth x 10",
        forms=(
            "A coat costs {total} dollars. It gets {percent} percent cheaper. How many dollars does it cost now?",
            "The old price of a coat is {total} dollars. {name} gets {percent} percent off. How many dollars does "
            "{he} pay?",
        ),
        solution="10 percent is {total} / 10 = {one} dollars. {percent} percent is {one} x {t} = {off} dollars. "
        "The price is {total} - {off} = {price} dollars.",
    ),
    Template(
        kind="recipes",
        numbers="people: few, eggs: digit, k: few, guests: people x k",
        forms=(
            "A cake for {people} people needs {eggs} eggs. How many eggs are needed for {guests} people?",
            "{name} needs {eggs} eggs to cook for {people} people. How many eggs does {he} need for {guests} people?",
        ),
        solution="That is {guests} / {people} = {times} times as many people. It takes {eggs} x {times} = {all} eggs.",
    ),
    Template(
        kind="recipes",
        numbers="people: few, cups: digit, k: digit, guests: people x k, have: number",
        forms=(
            "Soup for {people} people needs {cups} cups of milk. {name} has {have} cups of milk. "
            "How many more cups does {he} need to make soup for {guests} people?",
            "{name} has {have} cups of milk and cooks soup for {guests} people. Soup for {people} people needs {cups} "
            "cups of milk. How many cups must {he} buy?",
        ),
        solution="That is {guests} / {people} = {times} times as many people. It takes {cups} x {times} = {all} cups. "
        "{name} needs {all} - {have} = {more} more cups.",
    ),
    Template(
        kind="perimeter",
        numbers="sides: sides, side: factor",
        forms=(
            "A field has {sides} sides of {side} meters each. How many meters is it around the field?",
            "{name} walks once around a field with {sides} sides of {side} meters each. How many meters is that?",
        ),
        solution="The way around is {sides} x {side} = {around} meters.",
    ),
    Template(
        kind="perimeter",
        numbers="long: number, wide: number",
        forms=(
            "A garden is {long} meters long and {wide} meters wide. How many meters is it around the garden?",
            "{name} walks once around a field {long} meters long and {wide} meters wide. How many meters does {he} "
            "walk?",
        ),
        solution="Two sides are {long} + {wide} = {half} meters. The way around is 2 x {half} = {around} meters.",
    ),
    Template(
        kind="perimeter",
        numbers="long: factor, wide: digit, price: few",
        forms=(
            "A garden is {long} meters long and {wide} meters wide. A fence costs {price} dollars a meter. "
            "How many dollars does a fence around the garden cost?",
            "{name} pays {price} dollars a meter for a fence around a field {long} meters long and {wide} meters wide. "
            "How many dollars does {he} pay?",
        ),
        solution="Two sides are {long} + {wide} = {half} meters. The way around is 2 x {half} = {around} meters. "
        "The fence costs {around} x {price} = {cost} dollars.",
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
        kind="leftovers",
        numbers="rest: digit, gap: few, size: rest + gap, full: digit, all: full x size, total: all + rest",
        forms=(
            "{name} packs {total} {things} into {boxes} of {size}. {He} fills as many {boxes} as {he} can. "
            "How many {things} are left over?",
            "{size} {things} fill a {box}. {name} has {total} {things} and fills as many {boxes} as {he} can. "
            "How many {things} are left over?",
        ),
        solution="{full} full {boxes} hold {full} x {size} = {held} {things}. {total} - {held} = {left} {things} are "
        "left over.",
    ),
    Template(
        kind="leftovers",
        numbers="rest: digit, gap: few, size: rest + gap, full: digit, all: full x size, total: all + rest, "
        "more: number, had: total - more",
        forms=(
            "{name} has {had} {things} and gets {more} more. {He} puts them into {boxes} of {size} and fills as many "
            "{boxes} as {he} can. How many {things} are left over?",
            "{name} picks {had} {things} and {other} picks {more}. They fill as many {boxes} of {size} {things} as "
            "they can. How many {things} are left over?",
        ),
        solution="There are {had} + {more} = {sum} {things}. {full} full {boxes} hold {full} x {size} = {held} "
        "{things}. {sum} - {held} = {left} {things} are left over.",
    ),
    Template(
        kind="average",
        numbers="mean: number, both: mean x 2, a: number, b: both - a",
        forms=(
            "{name} finds {a} {things} on Monday and {b} on Friday. What is the average number of {things} a day?",
            "{name} has {a} {things} and {other} has {b}. What is the average number of {things} they have?",
        ),
        solution="The sum is {a} + {b} = {sum} {things}. The average is {sum} / 2 = {average} {things}.",
    ),
    Template(
        kind="average",
        numbers="mean: number, all: mean x 3, a: number, ab: all - a, b: number, c: ab - b",
        forms=(
            "{name} finds {a} {things} on Monday, {b} on Tuesday and {c} on Friday. "
            "What is the average number of {things} for the three days?",
            "Three {boxes} hold {a}, {b} and {c} {things}. What is the average number of {things} in a {box}?",
        ),
        solution="{a} + {b} = {two}. The sum is {two} + {c} = {sum} {things}. The average is {sum} / 3 = {average} "
        "{things}.",
    ),
    Template(
        kind="unit price",
        numbers="n: digit, p: factor, total: n x p",
        forms=(
            "{n} {things} cost {total} dollars. All cost the same. How many dollars does one {thing} cost?",
            "{name} pays {total} dollars for {n} {things} of the same price. How many dollars is that for each "
            "{thing}?",
        ),
        solution="One {thing} costs {total} / {n} = {price} dollars.",
    ),
    Template(
        kind="unit price",
        numbers="n: digit, p: digit, total: n x p, m: digit, k: n + m",
        forms=(
            "{n} {things} cost {total} dollars. How many dollars do {k} {things} cost at the same price?",
            "{name} pays {total} dollars for {n} {things}. How many dollars must {he} pay for {k} {things} at that "
            "price?",
        ),
        solution="One {thing} costs {total} / {n} = {price} dollars. {k} {things} cost {price} x {k} = {cost} dollars.",
    ),
    Template(
        kind="time",
        numbers="hours: few, minutes: number",
        forms=(
            "A film takes {hours} hours and {minutes} minutes. How many minutes is that?",
            "{name} works in the garden for {hours} hours and {minutes} minutes. How many minutes does {he} work?",
        ),
        solution="The hours are {hours} x 60 = {a} minutes. In all that is {a} + {minutes} = {sum} minutes.",
    ),
    Template(
        kind="time",
        numbers="days: few, first: digit, rest: digit, off: digit, second: rest + off",
        forms=(
            "{name} plays {first} minutes each morning and {second} minutes each evening for {days} days, but stops "
            "{off} minutes early on the last day. How many minutes does {he} play?",
            "{name} plans to run {first} minutes each morning and {second} minutes each evening for {days} days, but "
            "misses {off} minutes. How many minutes does {he} run?",
        ),
        solution="One day is {first} + {second} = {day} minutes. {days} days are {day} x {days} = {all} minutes. "
        "That makes {all} - {off} = {sum} minutes.",
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
        kind="wages",
        numbers="pay: digit, hours: few, days: few",
        forms=(
            "{name} earns {pay} dollars an hour. {He} works {hours} hours a day for {days} days. "
            "How many dollars does {he} earn?",
            "For {days} days {name} works {hours} hours a day at {pay} dollars an hour. How many dollars does {he} "
            "earn?",
        ),
        solution="{name} works {hours} x {days} = {time} hours. {He} earns {pay} x {time} = {sum} dollars.",
    ),
    Template(
        kind="wages",
        numbers="hours: few, days: few, work: hours x days, pay: digit, paid: work x pay, n: few, share: factor, "
        "kept: n x share, cost: paid - kept",
        forms=(
            "{n} friends work {hours} hours a day for {days} days. Together they get {pay} dollars an hour, pay {cost} "
            "dollars for tools and share the rest equally. How many dollars does each of them get?",
            "{n} friends earn {pay} dollars an hour together and work {hours} hours a day for {days} days. They spend "
            "{cost} dollars and share the rest equally. How many dollars does each friend get?",
        ),
        solution="They work {hours} x {days} = {time} hours. They get {time} x {pay} = {all} dollars. "
        "Then {all} - {cost} = {rest} dollars are left. Each gets {rest} / {n} = {each} dollars.",
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

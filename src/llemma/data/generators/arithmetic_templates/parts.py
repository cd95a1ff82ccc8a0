"""Word problems about parts of a whole: fair shares, fractions, percent, averages, and what is left over."""

from llemma.data.generators.arithmetic_templates.template import Template

PARTS = (
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
)

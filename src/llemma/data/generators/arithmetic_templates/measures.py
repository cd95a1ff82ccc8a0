"""Word problems about years, miles, meters and minutes."""

from llemma.data.generators.arithmetic_templates.template import Template

MEASURES = (
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
)

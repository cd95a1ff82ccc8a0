"""Word problems about money: prices, change, savings and wages."""

from llemma.data.generators.arithmetic_templates.template import Template

MONEY = (
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
)

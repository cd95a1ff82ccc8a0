"""The grammar of the general text: word pools, and for each genre what may stand at each place of a text.

A genre is a list of places: an opening, a middle and an end. A text takes one alternative at each place, in order, and
goes through the middle twice. Slots in braces come from `POOLS` (a new choice at each use), or from `CAST` and the word
groups of `words.GROUPS` (the same people, objects, colors and animals all through a text). Words that may follow "a"
begin with a consonant. Nothing here computes: a number is a name ("room 12"), never a quantity to work with, and there
is no sign of operation.
"""

from collections.abc import Mapping, Sequence

from llemma.data.generators.words import Slots


def _list(text: str) -> list[str]:
    return text.split(", ")


POOLS: Mapping[str, Sequence[str]] = {
    "number": [str(number) for number in range(2, 100)],
    "place": _list(
        "park, market, school, library, station, beach, farm, bakery, garden, harbor, museum, village, river, lake, "
        "hill, church, bridge, castle, mill, inn"
    ),
    "room": _list("kitchen, garden, hall, attic, cellar, bedroom, workshop, yard, shed, porch"),
    "plant": _list("tree, bush, rose, vine, fern, lily, pine, willow, tulip, birch, pear tree, lemon tree"),
    "weather": _list("sunny, rainy, windy, cloudy, foggy, snowy, stormy, mild, cold, warm, hot, gray"),
    "season": _list("spring, summer, autumn, winter"),
    "day": _list("Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday"),
    "part": _list("morning, afternoon, evening, night"),
    "mood": _list(
        "happy, sad, tired, curious, proud, calm, quiet, hungry, brave, nervous, cheerful, bored, grateful, surprised"
    ),
    "look": _list(
        "small, big, new, tiny, tall, round, heavy, light, shiny, broken, strange, lovely, simple, dusty, smooth, "
        "soft, hard, clean, famous"
    ),
    "way": _list("slowly, quickly, quietly, happily, carefully, gladly, softly, proudly, calmly, at once"),
    "go": _list("walks, runs, rides, drives, hurries, wanders, goes"),
    "went": _list("walked, ran, drove, hurried, wandered, went, rode"),
    "say": _list("says, answers, whispers, calls, replies"),
    "made": _list(
        "a chair, a cake, a boat, a kite, a table, a coat, a picture, a lamp, soup, bread, a clock, a puppet"
    ),
    "like": _list("likes, loves, enjoys, misses, remembers"),
    "hobby": _list(
        "reading, music, football, fishing, painting, gardening, dancing, cooking, chess, swimming, singing, running, "
        "sewing, skating"
    ),
    "food": _list("bread, soup, cheese, rice, fish, cake, honey, salad, pasta, stew, fruit, pie, jam, butter"),
    "drink": _list("tea, milk, water, juice, coffee, cocoa, lemonade"),
    "taste": _list("sweet, fresh, warm, salty, sour, bitter, rich, plain, spicy"),
    "job": _list(
        "teacher, doctor, baker, farmer, sailor, painter, nurse, driver, gardener, writer, carpenter, singer, pilot, "
        "tailor"
    ),
    "kin": _list("mother, father, sister, brother, aunt, uncle, cousin, grandmother, grandfather, neighbor"),
    "material": _list("wood, glass, paper, stone, iron, silver, wool, clay, leather, silk"),
    "sound": _list("song, bell, whistle, drum, laugh, knock, voice, train, storm, flute"),
    "act": _list(
        "open, read, print, save, load, send, show, close, check, sort, find, copy, remove, update, write, parse"
    ),
    "state": _list("empty, ready, missing, done, valid, broken, locked, hidden, old, visible"),
    "language": _list("Python, French, German, Spanish, Latin, Italian"),
    "topic": _list(
        "history, the stars, old maps, the sea, volcanoes, music, birds, castles, the weather, trains, poems, the moon"
    ),
}

_ANIMALS = _list(
    "dog dogs, cat cats, horse horses, bird birds, fox foxes, goat goats, duck ducks, hen hens, mouse mice, rabbit "
    "rabbits, sheep sheep, cow cows, frog frogs, squirrel squirrels, donkey donkeys, swan swans"
)
_NOUNS = _list(
    "file, user, page, line, name, message, folder, list, image, table, record, window, button, letter, word, report"
)

CAST: Sequence[Sequence[Slots]] = (
    [dict(zip(("animal", "animals"), pair.split(), strict=True)) for pair in _ANIMALS],
    [{"noun": noun, "nouns": noun + "s", "Noun": noun.capitalize()} for noun in _NOUNS],
    [{"verb": verb} for verb in POOLS["act"]],
)
"""Words chosen once a text, in addition to `words.GROUPS`."""

Place = tuple[str, ...]

GENRES: Mapping[str, tuple[Place, ...]] = {
    "story": (
        (
            "On a {weather} {part}, {name} {go} to the {place}.",
            "It is a {weather} {day} and {name} is {mood}.",
            "{name} lives near the {place} with {his} {kin}.",
            "One {part} in {season}, {name} wakes up early and feels {mood}.",
        ),
        (
            "There {he} finds a {look} {thing} under a {plant}.",
            "In the {room} {he} sees a {look} {animal} beside a {color} {thing}.",
            "{He} carries the {color} {thing} that {his} {kin} made.",
            "Near the {place} {he} meets {other}, the {job}.",
        ),
        (
            '"Is this your {thing}?" asks {other}.',
            "A {look} {animal} follows {him} {way}.",
            "{other} {go} by and waves {way}.",
            "Suddenly there is a {sound} in the distance.",
        ),
        (
            "{name} stops and looks at the {plant}.",
            "{He} gives {other} some {food} and a cup of {drink}.",
            "They sit by the {place} and talk about {topic}.",
            "{other} shows {him} a {look} {item} made of {material}.",
        ),
        (
            "In the {part} they go home, {mood} and {mood}.",
            "From that {day} on, {name} and {other} are friends.",
            "{name} keeps the {thing} in the {room} to this day.",
            "Nobody ever learned where the {animal} came from.",
        ),
    ),
    "description": (
        (
            "The {place} is a {look} place where people talk about {topic} and drink {drink}.",
            "This {thing} is {look} and {color}, and it is made of {material}.",
            "{name} is a {job} who {like} {hobby}.",
            "The {room} of the {look} house is {look} and {color}.",
        ),
        (
            "Next to it stands a {look} {plant}.",
            "On the wall hangs a {shade} picture of a {animal}.",
            "Many {animals} live near the {place}.",
            "Visitors come from the {place} in {season}.",
        ),
        (
            "In {season} the air smells of {food}.",
            "On a {weather} {part} you can hear a {sound}.",
            "The door is {look}, and the windows are {shade}.",
            "A {look} {item} lies on the table.",
        ),
        (
            "Most people think that it is {look}.",
            "{other} says that nothing is more {taste} than the {food} there.",
            "It belongs to a {look} {job} named {other}.",
            "You will find it in room {number}, behind the {place}.",
        ),
        (
            "It is best to visit on a {day}.",
            "Few things look so {look} in the {part}.",
            "The {animals} do not care about it at all.",
            "Every {job} in the village knows it.",
        ),
    ),
    "dialogue": (
        (
            '"Good {part}, {other}," says {name}.',
            '"Have you seen my {thing}?" asks {name}.',
            '"What a {weather} day!" says {name}.',
            '"Where are you going?" asks {name}.',
        ),
        (
            '"I am on my way to the {place}," {say} {other}.',
            '"It must be in the {room}," {say} {other}, "next to the {shade} {item}."',
            '"Hello, {name}! You look {mood} today," {say} {other}.',
            '"I hoped to see you," {say} {other} {way}.',
        ),
        (
            '"Do you like {hobby}?" asks {name}.',
            '"My {kin} made some {taste} {food} for us."',
            '"I want to learn {language} in {season}."',
            '"Can I borrow your {look} {item}?" asks {name}.',
        ),
        (
            '"Of course," {say} {other}, "but be careful with the {animal}."',
            '"No, I like {hobby} more," {say} {other}.',
            '"Ask the {job}," {say} {other}. "{name}, you know him."',
            '"Why not? Let us meet on {day} at the {place}."',
        ),
        (
            '"Thank you," {say} {name}, and {he} smiles {way}.',
            '"Then see you on {day}!" {say} {name}.',
            "{name} nods and {go} home {way}.",
            "They laugh and drink {drink} together.",
        ),
    ),
    "code": (
        (
            "# {verb} each {noun} of the list\n",
            '"""{act} and {act} the {nouns} of {name}."""\n',
            "// this part is {state} because {other} wants to {verb} it\n",
            "# note for {name}: the {noun} may be {state}\n",
        ),
        (
            "def {verb}_{noun}({noun}):\n    if {noun}.{state}:\n        return None\n",
            "class {Noun}:\n    def {verb}(self, {noun}):\n        pass\n",
            "def {verb}_all({nouns}):\n    for {noun} in {nouns}:\n        {verb}({noun})\n",
            "def {verb}_{nouns}(path):\n    with open(path) as file:\n        return {act}(file)\n",
        ),
        (
            'print("the {noun} is {state}")\n',
            "while not {noun}.{state}:\n    {noun}.{act}()\n",
            "try:\n    {act}({noun})\nexcept ValueError:\n    print({noun})\n",
            'if "{thing}" in {nouns}:\n    {act}({nouns})\n',
        ),
        (
            'assert {noun}.{state}, "{noun} {number} is {state}"\n',
            'for {noun} in {nouns}:\n    print("{color}", {noun}.{act}())\n',
            '{verb}_{noun}("{place}", "{name}")\n{act}_{nouns}("{thing}")\n',
            'log.info("{name} wants to {verb} {nouns}")\n',
        ),
    ),
    "weather": (
        (
            "The {part} will be {weather} near the {place} and {weather} in the hills.",
            "After a {weather} {part} the sky turns {color}.",
            "This {season} has been {weather} and {weather}.",
            "The forecast for {day}: {weather}, later {weather}.",
        ),
        (
            "A {weather} wind blows from the {place}.",
            "Clouds hang low over the {place}.",
            "Fog covers the road to the {place} until the {part}.",
            "The rain does not stop before the {part}.",
        ),
        (
            "The {animals} hide under the {plant}.",
            "Farmers hope for a {weather} {day}.",
            "{name} takes {his} {color} coat and {go} out.",
            "Children play with {shade} {things} in the {room}.",
        ),
        (
            "On {day} it will be {weather} again.",
            "Drivers on road {number} should be careful.",
            "By the {part} the sun comes out.",
            "Nobody remembers such a {weather} {season}.",
        ),
        (
            "Stay at home and drink some {taste} {drink}.",
            "{other} says that the {animals} knew it first.",
            "Good night, and take care.",
            "It is a fine time for {hobby}.",
        ),
    ),
    "nature": (
        (
            "In {season} the {animals} come back to the {place}.",
            "The {animal} is a shy guest at the {place}.",
            "A {plant} near the {place} is full of {animals}.",
            "Many {animals} sleep in the {part}.",
        ),
        (
            "They eat nuts, leaves and {food}.",
            "Their coats are {color} in {season} and {shade} in {season}.",
            "Some are {color} and some are {shade}.",
            "They build their nests from {material} and grass.",
        ),
        (
            "When people come near, they leave {way}.",
            "The young ones learn {way} from their mother.",
            "Their call sounds like a {sound}.",
            "The roots hold the earth beside the {place}.",
        ),
        (
            "People used to think that they bring a {weather} {season}.",
            "The {job} {name} wrote a book about them.",
            "Page {number} of the guide shows a {look} {plant}.",
            "If you are {mood} and patient, you can watch them on a {weather} {part}.",
        ),
        (
            "Please do not feed them {food}.",
            "Without the {plant} they could not live here.",
            "They have never been seen near the {place}.",
            "By {season} they are gone.",
        ),
    ),
    "letter": (
        (
            "Dear {other},\n",
            "My dear {other},\n",
            "Hello {other},\n",
        ),
        (
            "Thank you for the {look} {thing}. It stands in the {room} now.",
            "How are you? Here it is {weather}, and I feel {mood}.",
            "We arrived at the {place} on {day}. Our room is number {number}.",
            "Yesterday I {went} to the {place} and thought of you.",
        ),
        (
            "My {kin} is a {job} now and {like} it.",
            "The {animal} sleeps under the {plant} all day.",
            "We eat {taste} {food} and drink {drink} every {part}.",
            "Your {kin} told me about the {color} {item}.",
        ),
        (
            "In {season} I want to learn {language}.",
            "Do you still like {hobby}?",
            "Please bring the {shade} {things} when you come.",
            "I read a {look} book about {topic}.",
        ),
        (
            "Write to me soon.\nYour {name}",
            "See you on {day}!\n{name}",
            "With love from the {place},\n{name}",
            "Say hello to your {kin}.\n{name}",
        ),
    ),
    "diary": (
        (
            "{day}. We {went} to the {place} in the {part}.",
            "{day}. I woke up {mood} and looked for my {thing}.",
            "{day}. A {weather} day, so I stayed in the {room}.",
            "{day}. My {kin} came to see us.",
        ),
        (
            "{name} was {mood} because of the {animal}.",
            "{name} made {made} and {he} was very proud.",
            "At lunch there was {taste} {food} with {drink}.",
            "I saw {name} at the {place}, but {he} did not see me.",
        ),
        (
            "Then we heard a {sound} from the {room}.",
            "The {color} {item} is still missing.",
            "{other} told us a story about {topic}.",
            "We found {look} {things} in the {room}.",
        ),
        (
            "I do not know why {other} is so {mood}.",
            "Perhaps the {job} can help us.",
            "Tomorrow I will begin with {hobby}.",
            "The {animals} were {look} and {mood}.",
        ),
        (
            "Now it is {part} and I am {mood}.",
            "It was a {look} day after all.",
            "I hope that {season} comes soon.",
            "What a {weather} {part}!",
        ),
    ),
    "guide": (
        (
            "How to make {made}: first ask a {job}.",
            "If you want to learn {language}, begin in the {part}.",
            "A good {job} takes care of the {things}.",
            "This is how {name} makes {made}.",
        ),
        (
            "Take a {look} {thing} and some {material}.",
            "Put the {color} {things} on the table in the {room}.",
            "Read about {topic} every {day}.",
            "You need {material}, {material} and a {look} {box}.",
        ),
        (
            "Then wash everything {way}.",
            "Next, cover it with {shade} paper.",
            "Work {way} and do not be {mood}.",
            "Wait until the {part}, when the {room} is warm.",
        ),
        (
            "Keep the {animal} away from the {item}.",
            "A cup of {taste} {drink} will help.",
            "If it looks {look}, ask {other} for advice.",
            "The picture on page {number} shows how it should look.",
        ),
        (
            "At the end it should be {look} and {color}.",
            "Now you can show it to your {kin}.",
            "Store it in a {look} {box} in the {room}.",
            "With some luck it will last until {season}.",
        ),
    ),
}

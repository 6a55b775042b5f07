"""PyFiveSim as it is published against a server of ours: every call of both of its clients."""
import asyncio
import inspect
import sys
import time

from pyfivesim import PyFiveSimAsync, PyFiveSimSync
from pyfivesim.enums import Action, Category, OrderAction, Status
from pyfivesim.exceptions import (
    FiveSimInvalidAPIKey,
    FiveSimInvalidCountry,
    FiveSimInvalidOperator,
    FiveSimInvalidProduct,
    FiveSimNoFreePhones,
    FiveSimOrderNotFound,
    FiveSimUnknownError,
)

BASE, KEY = sys.argv[1:3]


async def call(client, name, *args, **kwargs):
    result = getattr(client, name)(*args, **kwargs)
    return await result if inspect.isawaitable(result) else result


async def refused(expected, client, name, *args, **kwargs):
    try:
        await call(client, name, *args, **kwargs)
    except expected as error:
        return error
    raise AssertionError(f"{name}{args} was not refused")


async def received(client, order):
    until = time.monotonic() + 120
    while order.status != Status.RECEIVED:
        assert time.monotonic() < until, "no message came"
        time.sleep(0.2)
        order = await call(client, "get_order_info", order.id)
    return order


async def guests(client):
    countries = await call(client, "get_countries_list")
    assert [(c.name, c.iso, c.prefix, c.text_en) for c in countries] == [("russia", "ru", "+7", "Russia")]
    assert "beeline" in countries[0].available_operators
    products = await call(client, "get_available_products", "russia", "any")
    assert {p.name: p.category for p in products}["1day"] == "hosting"
    whole = await call(client, "get_prices")
    assert whole[0].name == "russia" and {p.name for p in whole[0].products} == {"1day", "amazon", "telegram"}
    country = await call(client, "get_prices", country="russia")
    assert country.products[1].operators[0].operator_info.price == 1
    product = await call(client, "get_prices", product="amazon")
    assert product.countries[0].name == "russia"
    both = await call(client, "get_prices", country="russia", product="telegram")
    assert both[0].name == "beeline" and both[0].operator_info.price == 1.5
    await refused(FiveSimInvalidCountry, client, "get_prices", country="atlantis")
    await refused(FiveSimInvalidProduct, client, "get_prices", product="nothing")
    await refused(FiveSimInvalidCountry, client, "get_available_products", "atlantis", "any")


async def orders(client):
    order = await call(client, "buy_number", "amazon", country="russia", reuse=True, voice=True, ref="x", max_price=5)
    assert order.status == Status.PENDING and order.sms is None and order.price == 1
    assert (order.expires_at - order.created_at).total_seconds() == 900
    order = await received(client, order)
    assert order.sms.code and order.sms.text
    refusal = await refused(FiveSimUnknownError, client, "action_with_order", OrderAction.CANCEL, order.id)
    assert (refusal.status_code, refusal.data) == (400, "order has sms")
    order = await call(client, "action_with_order", OrderAction.FINISH, order.id)
    assert order.status == Status.FINISHED
    assert await call(client, "reuse_number", "amazon", order.phone.lstrip("+")) is True
    assert await call(client, "reuse_number", "amazon", "79000000000") is False

    # The cheapest numbers are those of tele2, which never get a message here.
    order = await call(client, "buy_number", "telegram", forwarding_number="78009005040")
    assert order.operator == "tele2"
    # The library makes a cancellation of it where there is no message.
    assert (await call(client, "action_with_order", OrderAction.FINISH, order.id)).status == Status.CANCELED
    order = await call(client, "buy_number", "telegram", operator="tele2")
    assert (await call(client, "action_with_order", OrderAction.BAN, order.id)).status == Status.BANNED
    await refused(FiveSimOrderNotFound, client, "action_with_order", OrderAction.BAN, order.id)
    await refused(FiveSimOrderNotFound, client, "get_order_info", 999999)
    await refused(FiveSimInvalidCountry, client, "buy_number", "amazon", country="atlantis")
    await refused(FiveSimInvalidOperator, client, "buy_number", "amazon", operator="nobody")
    await refused(FiveSimInvalidProduct, client, "buy_number", "nothing")
    await refused(FiveSimNoFreePhones, client, "buy_number", "amazon", country="russia", max_price=0.5)
    # What the library does not offer.
    await refused(NotImplementedError, client, "rent_number", "1day")
    await refused(NotImplementedError, client, "get_rental_info", order.id)


async def account(client):
    profile = await call(client, "get_user_profile")
    assert profile.email == "client@example.com" and profile.did_order and profile.balance > 0
    assert profile.last_order.country == "russia" and profile.last_top_orders
    history = await call(client, "get_user_orders", Category.activation, limit=2, offset=0, order="id", reverse=True)
    assert history.total >= 3 and history.data[0].id > history.data[1].id
    assert (await call(client, "get_user_orders", "hosting")).data is None
    payments = await call(client, "get_user_payments", limit=3, order="id", reverse=True)
    assert payments.total > 3 and payments.data[0].balance >= 0 and payments.types
    assert await call(client, "get_user_price_limits") == []
    limits = "action_with_user_price_limits"
    assert await call(client, limits, Action.CREATE, "telegram", 20.5)
    assert await call(client, limits, Action.UPDATE, "telegram", 30)
    assert not await call(client, limits, Action.UPDATE, "nothing", 30)
    have = await call(client, "get_user_price_limits")
    assert [(row.product, row.price) for row in have] == [("telegram", 30)]
    assert await call(client, limits, Action.DELETE, "telegram")


async def vendor(client):
    assert (await call(client, "get_vendor_profile")).email == "client@example.com"
    wallets = await call(client, "get_vendor_wallets")
    assert wallets.unitpay > 0 and wallets.fkwallet == 0
    assert (await call(client, "get_vendor_orders", "activation", limit=5, order="id", reverse=True)).total >= 0
    assert (await call(client, "get_vendor_payments", limit=5)).total >= 0
    assert await call(client, "create_vendor_withdraw", "123456", "qiwi", 1.5, "unitpay") is True
    assert await call(client, "create_vendor_withdraw", "123456", "qiwi", 1_000_000, "unitpay") is False


async def main(make):
    client = make(api_key=KEY, base_url=BASE)
    await guests(make(base_url=BASE))
    await orders(client)
    await account(client)
    await vendor(client)
    await refused(FiveSimInvalidAPIKey, make(api_key="bogus-key-of-nobody", base_url=BASE), "get_user_profile")
    return make.__name__


print(asyncio.run(main(PyFiveSimSync)), asyncio.run(main(PyFiveSimAsync)))

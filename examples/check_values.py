#!/usr/bin/env python3
"""Works the examples' values out on its own, with math, statistics and csv, and compares them with NAME.expected.json.

usage: check_values.py [--write]      --write makes the files anew; without it a difference is an error.
None of this uses chainsolved: the expected values are what its results are held against."""
import csv
import json
import math
import os
import statistics
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TIGHT = {"rel": 1e-12, "abs": 1e-12}


def beam():
    span, load, e, i, w, fy = 6, 12000, 210e9, 8.356e-5, 5.571e-4, 235e6
    deflection = 5 * load * span**4 / (384 * e * i)
    moment = load * span**2 / 8
    stress = moment / w
    return {
        "deflection": deflection, "moment": moment, "shear": load * span / 2, "stress": stress,
        "utilisation": stress / fy, "limit": span / 250, "stiff-enough": float(deflection < span / 250),
        "strong-enough": float(stress < fy), "passes": 1.0, "show-deflection": deflection,
        "show-utilisation": stress / fy,
    }


def projectile():
    k = 1.225 * 0.35 * 0.00426 / (2 * 0.145)
    dt, g, steps = 0.2, 9.80665, 16
    vx, vy = 40 * math.cos(math.radians(45)), 40 * math.sin(math.radians(45))
    without_air = vx * dt * steps
    x = y = 0.0
    values = {"k": k, "vx0": vx, "vy0": vy}
    heights = []
    for n in range(1, steps + 1):
        v = math.hypot(vx, vy)
        vx, vy = vx - k * v * vx * dt, vy - (k * v * vy + g) * dt
        x, y = x + vx * dt, y + vy * dt
        heights.append(y)
        values.update({f"vx{n}": vx, f"vy{n}": vy, f"x{n}": x, f"y{n}": y})
    values.update({"apex": max(heights), "time": dt * steps, "vacuum": without_air, "lost": without_air - x,
                   "show-distance": x, "show-height": y})
    return values


def pump_and_pipe():
    flow, d, length, eps, nu, rho = 50, 0.1, 200, 4.5e-5, 1.004e-6, 998.2
    static, fittings, efficiency, g = 12, 6, 0.72, 9.80665
    q = flow / 3600
    area = math.pi * d**2 / 4
    v = q / area
    re = v * d / nu
    f = 0.25 / math.log10(eps / d / 3.7 + 5.74 / re**0.9) ** 2 if re > 4000 else 64 / re
    velocity_head = v**2 / (2 * g)
    pipe, fitting = f * length / d * velocity_head, fittings * velocity_head
    head = static + pipe + fitting
    power = rho * g * q * head
    pump = 34 - 38000 * q**2
    return {
        "q": q, "area": area, "velocity": v, "reynolds": re, "friction-factor": f, "velocity-head": velocity_head,
        "pipe-loss": pipe, "fitting-loss": fitting, "head": head, "hydraulic-power": power,
        "shaft-power": power / efficiency, "pump-head": pump, "pump-manages": float(pump > head),
        "is-turbulent": 1.0, "show-head": head, "show-power": power / efficiency,
    }


def option_price():
    s, k, r, sigma, t = 42, 40, 0.1, 0.2, 0.5
    d1 = (math.log(s / k) + (r + sigma**2 / 2) * t) / (sigma * math.sqrt(t))
    d2 = d1 - sigma * math.sqrt(t)
    # The graph approximates the normal distribution by a polynomial; here it is exact, and the tolerance is the
    # polynomial's: |error| < 7.5e-8 (Abramowitz and Stegun, 26.2.17), times the prices.
    normal = statistics.NormalDist()
    n1, n2 = normal.cdf(d1), normal.cdf(d2)
    discount = math.exp(-r * t)
    call = s * n1 - k * discount * n2
    put = call - s + k * discount
    return {"d1": d1, "d2": d2, "N1": n1, "N2": n2, "discount": discount, "call": call, "put": put,
            "show-call": call, "show-put": put}


OPTION_TOLERANCES = {"N1": {"abs": 7.5e-8}, "N2": {"abs": 7.5e-8},
                     **{name: {"abs": 7e-6} for name in ("call", "put", "show-call", "show-put")}}


def columns(name, *wanted):
    with open(os.path.join(HERE, "data", name), newline="") as file:
        rows = list(csv.DictReader(file))
    return [[float(row[column]) for row in rows] for column in wanted]


def weather_year():
    rain, warm, cold, wind = (
        column[:366] for column in columns("seattle-weather.csv", "precipitation", "temp_max", "temp_min", "wind"))
    ranges = [high - low for high, low in zip(warm, cold)]
    wet = sum(1 for day in rain if day > 0)
    mean = statistics.fmean(warm)
    return {
        "warm-mean": mean, "warm-max": max(warm), "cold-min": min(cold), "cold-mean": statistics.fmean(cold),
        "year-range": max(warm) - min(cold), "day-range-mean": statistics.fmean(ranges),
        "day-range-max": max(ranges), "warm-variance": statistics.pvariance(warm),
        "warm-stddev": statistics.pstdev(warm), "rain-total": math.fsum(rain), "rain-max": max(rain),
        "wet-days": float(wet), "wet-share": wet / 366, "rain-per-wet-day": math.fsum(rain) / wet,
        "frost-days": float(sum(1 for low in cold if low < 0)), "wind-mean": statistics.fmean(wind),
        "wind-max": max(wind), "hottest-week": sorted(warm)[-7:],
    }


def carbon_dioxide():
    measured, adjusted = columns("co2-concentration.csv", "CO2", "adjusted CO2")
    first, last = statistics.fmean(measured[:12]), statistics.fmean(measured[-12:])
    years = (len(measured) - 12) / 12
    season = [a - b for a, b in zip(measured, adjusted)]
    return {
        "months": float(len(measured)), "first-mean": first, "last-mean": last, "rise": last - first, "years": years,
        "rise-per-year": (last - first) / years, "season-max": max(season), "season-min": min(season),
        "season-range": max(season) - min(season), "months-above-400": float(sum(1 for c in measured if c > 400)),
        "forcing": 5.35 * math.log(last / first), "first-year": measured[:12],
    }


EXAMPLES = {
    "beam": (beam, [], {}),
    "projectile": (projectile, [], {}),
    "pump-and-pipe": (pump_and_pipe, [], {}),
    "option-price": (option_price, [], OPTION_TOLERANCES),
    "weather-year": (weather_year, ["weather=data/seattle-weather.csv"], {}),
    "carbon-dioxide": (carbon_dioxide, ["co2=data/co2-concentration.csv:CO2",
                                        "co2-adjusted=data/co2-concentration.csv:adjusted CO2"], {}),
}


def expected(name):
    work_out, datasets, tolerances = EXAMPLES[name]
    values = {node: {"kind": "vector" if isinstance(value, list) else "scalar", "value": value}
              for node, value in work_out().items()}
    return {"datasets": datasets, "values": values, "diagnostics": [], "tol": TIGHT, "tolerances": tolerances}


def same(a, b):
    """Equal but for the last bits, in which versions of Python may differ."""
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, float) and isinstance(b, (int, float)):
        return math.isclose(a, b, rel_tol=1e-14)
    return a == b


def main():
    stale = 0
    for name in EXAMPLES:
        path = os.path.join(HERE, name + ".expected.json")
        wanted = expected(name)
        if "--write" in sys.argv[1:]:
            with open(path, "w") as file:
                file.write(json.dumps(wanted, indent=1, sort_keys=True) + "\n")
            continue
        with open(path) as file:
            agrees = same(wanted, json.load(file))
        print(f"{name}: {'agrees' if agrees else 'DIFFERS'}")
        stale += not agrees
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())

"""How an agent is shown: its options and its circuit on an environment."""

from __future__ import annotations

from pathlib import Path

import click

from nisqdl.cli.drawing import drawn
from nisqdl.cli.exhibit import Exhibit
from nisqdl.cli.output import print_table
from nisqdl.store.record import Json

ENVIRONMENT = "cart_pole"
"""The circuit is drawn for this one's observations and actions."""


def agent_exhibit(name: str, out: Path | None) -> Exhibit:
    """An agent, with the circuit that chooses its actions."""
    from nisqdl.agents import AGENTS
    from nisqdl.agents.approximators import CircuitOptions, circuit_model
    from nisqdl.environments import ENVIRONMENTS

    agent, environment = AGENTS[name], ENVIRONMENTS[ENVIRONMENT]
    given = environment.options()
    encoding, sizes = environment.encoding(given), environment.rules(given).sizes
    shape = agent.shapes(sizes, encoding)[agent.acts]
    options = agent.read_approximator(agent.acts, {})
    assert isinstance(options, CircuitOptions)  # the kind that is read where none is named
    model = circuit_model(options, shape)
    document: dict[str, Json] = {
        "name": name,
        "summary": agent.summary,
        "source": agent.source,
        "functions": [role.name for role in agent.roles],
        "options": agent.read_options({}).model_dump(mode="json"),
        "circuit": options.model_dump(mode="json"),
        "qubits": model.num_qubits,
        "angles": len(model.features),
        "weights": len(model.weights),
    }

    def show() -> None:
        click.echo(f"{agent.summary}\n{agent.source}\n")
        print_table(("option", "default"), [(k, _told(v)) for k, v in document["options"].items()])
        click.echo()
        print_table(
            (f"circuit of its {agent.acts}", "default"),
            [(k, _told(v)) for k, v in document["circuit"].items()],
        )
        click.echo(
            f"\non {ENVIRONMENT}: {model.num_qubits} qubits, {len(model.features)} encoded angles,"
            f" {len(model.weights)} weights; a layer of it, x: angles, w: weights\n"
        )
        one = options.model_copy(update={"layers": 1})
        click.echo(drawn(circuit_model(one, shape).circuit))

    return Exhibit(document, show)


def _told(value: Json) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {each}" for name, each in value.items())
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "–" if value is None else str(value)

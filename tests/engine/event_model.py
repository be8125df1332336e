"""ODIN with integrate-and-fire neurons once more, in plain Python, from what its description says.

Nothing of the simulator takes part: cycles, accesses, queue, link and learning are worked out here, one phase after
the other, for any number of neurons, lanes, synapses a word, queue depth and delays.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from math import inf

WAIT, FALL = -1, -2
TREF_ALL, TREF_ONE, BIST_ALL, BIST_ROW, SYNAPSE, PUSH, POP_NEURON, POP_VIRTUAL = range(8)


@dataclass
class Sizes:
    """What the overrides of a variant mean, in numbers."""

    neurons: int = 256
    lanes: int = 1
    per_neuron_word: int = 1
    neuron_ports: int = 1
    item_bits: int = 4
    items: int = 8
    depth: int = 32
    synchroniser: int = 2
    output_cycles: int = 6
    neuron_cycles: tuple[int, int] = (1, 1)
    """Of a read and a write of a neuron word."""
    synapse_cycles: tuple[int, int] = (1, 1)

    @property
    def address_bits(self):
        return max(8, (self.neurons - 1).bit_length())

    @property
    def words(self):
        return self.neurons // self.items


@dataclass
class Neuron:
    """Fields of an integrate-and-fire word, and its flags as a target."""

    leak_str: int
    leak_en: int
    thr: int
    ca_en: int
    thetamem: int
    theta1: int
    theta2: int
    theta3: int
    caleak: int
    core: int
    calcium: int
    caleak_cnt: int
    disable: int
    up: int = 0
    down: int = 0

    def update(self, tref, inhibitory, w):
        """One event; returns whether a spike leaves the neuron, and whether its word changed."""
        before = (self.core, self.calcium, self.caleak_cnt)
        v = self.core
        if tref:
            v = max(v - self.leak_str, 0) if self.leak_en else v
        else:
            v = max(v - w, 0) if inhibitory else min(v + w, 255)
        spike = v >= self.thr
        self.core = 0 if spike else v
        leaks = False
        if self.ca_en and self.caleak and tref:
            leaks = self.caleak_cnt == self.caleak - 1
            self.caleak_cnt = 0 if leaks else (self.caleak_cnt + 1) % 32
        if self.ca_en and spike and not leaks:
            self.calcium = min(self.calcium + 1, 7)
        if self.ca_en and leaks and not spike:
            self.calcium = max(self.calcium - 1, 0)
        above = self.core >= self.thetamem
        self.up = int(self.ca_en and above and self.theta1 <= self.calcium < self.theta3)
        self.down = int(self.ca_en and not above and self.theta1 <= self.calcium < self.theta2)
        return bool(spike and not self.disable), before != (self.core, self.calcium, self.caleak_cnt)


@dataclass
class Model:
    """The core: `mapped[pre][post]` and `w[pre][post]` are its synapses."""

    sizes: Sizes
    neurons: list[Neuron]
    mapped: list[list[int]]
    w: list[list[int]]
    sign: list[int]
    open_loop: int = 0
    update_unmapped: int = 0
    propagate_unmapped: int = 0
    sdsp_on_synapse: int = 0
    handshake: tuple[int, int, int, int] = (1, 1, 1, 1)
    segments: list = field(default_factory=list)
    """Start, phase, length, neuron reads and writes, synapse reads and writes."""
    inputs: list = field(default_factory=list)
    spikes: list = field(default_factory=list)
    packets: list = field(default_factory=list)
    changes: list = field(default_factory=list)
    """Cycle, memory, address of each changed word."""
    queue: deque = field(default_factory=deque)
    link_free: int = 0
    dropped: int = 0

    def run(self, stimulus, horizon):
        """Serve a stimulus; it must have come to rest by cycle `horizon`."""
        events = deque(stimulus)
        up = max(events[0][0], 1) if events else inf
        t = 0
        while True:
            visible = up + self.sizes.synchroniser if events else inf
            decision = max(t, self.link_free) if self.queue else max(t, self.link_free, visible)
            if decision == inf:
                self.segments.append((t, WAIT, horizon - t, 0, 0, 0, 0))
                return
            phase = self.decide(events[0][1] if visible <= decision else None)
            self.segments.append((t, WAIT, decision + 1 - t, 0, 0, 0, 0))
            start = decision + 1
            external = phase < POP_NEURON
            t = self.serve(phase, start, events[0][1] if external else None)
            if external:
                fall, gap, _, _ = self.handshake
                self.inputs.append((up, t, t + fall, t + fall + 3, start, t - start))
                self.segments.append((t, FALL, fall + 3, 0, 0, 0, 0))
                t += fall + 3
                events.popleft()
                up = max(events[0][0], t + gap) if events else inf

    def decide(self, word):
        """Which phase comes next; the link is free."""
        bits = self.sizes.address_bits
        pop = POP_VIRTUAL if self.queue and self.queue[0] >> bits else POP_NEURON
        if len(self.queue) == self.sizes.depth:
            return pop
        if word is not None and word >> 2 * bits:
            return SYNAPSE
        if word is not None and word & 0x7F == 0x7F:
            return TREF_ONE if word & 0x80 else TREF_ALL
        if word is not None and word & 0x7F:
            return PUSH
        if self.queue:
            return pop
        return BIST_ROW if word & 0x80 else BIST_ALL

    def serve(self, phase, start, word):
        """One phase; returns the cycle after it."""
        bits = self.sizes.address_bits
        high, low = (0, 0) if word is None else (word >> bits & (1 << bits) - 1, word & (1 << bits) - 1)
        if phase == PUSH:
            self.push((word >> 3 & 31) << bits | high)
            return self.close(start, phase, start + 1)
        if phase in (BIST_ALL, BIST_ROW):
            rows = range(self.sizes.neurons) if phase == BIST_ALL else [high]
            read, write = self.sizes.synapse_cycles
            cycle = start + read
            for pre in rows:
                for g in range(self.sizes.words):
                    posts = range(g * self.sizes.items, (g + 1) * self.sizes.items)
                    self.learn(pre, posts, cycle, self.drift)
                    cycle += read + write
            count = len(rows) * self.sizes.words
            return self.close(start, phase, start + (read + write) * count, 0, 0, count, count)
        if phase in (TREF_ALL, POP_NEURON):
            return self.sweep(phase, start)
        tref, inhibitory, w, n = 1, 0, 0, high
        read, write = self.sizes.neuron_cycles
        if phase == SYNAPSE:
            read, write = max(read, self.sizes.synapse_cycles[0]), max(write, self.sizes.synapse_cycles[1])
        if phase == SYNAPSE:
            n = low
            tref, inhibitory, w = 0, self.sign[high], self.transmitted(high, n)
            if self.sdsp_on_synapse:
                self.learn(high, [n], start + read, self.step)
        elif phase == POP_VIRTUAL:
            entry = self.queue[0]
            n = entry & (1 << bits) - 1
            tref, inhibitory, w = entry >> bits & 1, entry >> bits + 1 & 1, entry >> bits + 2
        self.send(start + read, self.update([n], tref, inhibitory, {n: w}, start + read))
        if phase == POP_VIRTUAL:
            self.queue.popleft()
        both = int(phase == SYNAPSE)
        return self.close(start, phase, start + read + write, 1, 1, both, both)

    def sweep(self, phase, start):
        """Every neuron, block by block of lanes."""
        sizes = self.sizes
        pops = phase == POP_NEURON
        source = self.queue[0] if pops else -1
        blocks = [range(first, first + sizes.lanes) for first in range(0, sizes.neurons, sizes.lanes)]
        neuron_words = self.entered(blocks, sizes.per_neuron_word)
        synapse_words = self.entered(blocks, sizes.items) if pops else [0] * len(blocks)
        rounds = -(-max(neuron_words) // sizes.neuron_ports)
        read, write = (
            max(rounds * neuron, max(synapse_words) * synapse)
            for neuron, synapse in zip(sizes.neuron_cycles, sizes.synapse_cycles, strict=True)
        )
        reads = [sum(neuron_words), sum(synapse_words)]
        before = [self.transmitted(source, n) if pops else 0 for n in range(sizes.neurons)]
        inhibitory = self.sign[source] if pops else 0
        cursor, raised = start, False
        for b, block in enumerate(blocks):
            if raised:
                held = max(0, self.link_free - cursor)
                if sizes.neuron_cycles[0] == 1:  # a longer read keeps its output
                    reads[0] += held * min(neuron_words[b], sizes.neuron_ports)
                if sizes.synapse_cycles[0] == 1:
                    reads[1] += held * min(synapse_words[b], 1)
                cursor += held
            cycle = cursor + read
            for n in block:
                if pops and n % sizes.items == 0:
                    self.learn(source, range(n, n + sizes.items), cycle, self.step)
            packets = self.update(block, not pops, inhibitory, before, cycle)
            self.send(cycle, packets)
            raised = bool(packets)
            cursor += read + write
        if pops:
            self.queue.popleft()
        return self.close(start, phase, cursor, reads[0], sum(neuron_words), reads[1], sum(synapse_words))

    @staticmethod
    def entered(blocks, per_word):
        """Words that each block of neurons is the first to enter."""
        held = [{n // per_word for n in block} for block in blocks]
        return [len(words - (held[b - 1] if b else set())) for b, words in enumerate(held)]

    def transmitted(self, pre, post):
        """Weight that a synapse transmits."""
        return self.w[pre][post] if self.mapped[pre][post] or self.propagate_unmapped else 0

    def step(self, w, n):
        """Weight after a presynaptic spike."""
        if self.neurons[n].up:
            return min(w + 1, (1 << self.sizes.item_bits - 1) - 1)
        return max(w - 1, 0) if self.neurons[n].down else w

    def drift(self, w, n):
        """Weight after a bistability event."""
        bits = self.sizes.item_bits - 1
        return min(w + 1, (1 << bits) - 1) if w >= 1 << bits - 1 else max(w - 1, 0)

    def learn(self, pre, posts, cycle, rule):
        """Some synapses of one word."""
        changed = False
        for n in posts:
            if self.mapped[pre][n] or self.update_unmapped:
                new = rule(self.w[pre][n], n)
                changed |= new != self.w[pre][n]
                self.w[pre][n] = new
        if changed:
            self.changes.append((cycle, 1, pre * self.sizes.words + posts[0] // self.sizes.items))

    def update(self, block, tref, inhibitory, weights, cycle):
        """Some neurons in one cycle; returns the packets they raise."""
        packets = []
        for n in block:
            spike, changed = self.neurons[n].update(tref, inhibitory, weights[n])
            if changed:
                self.changes.append((cycle, 0, n))
            if spike:
                accepted = not self.open_loop and self.push(n)
                self.spikes.append((cycle, n, 0x40, int(accepted)))
                packets.append(n)
        return packets

    def push(self, entry):
        """An entry of the queue, lost if it is full."""
        if len(self.queue) == self.sizes.depth:
            self.dropped += 1
            return False
        self.queue.append(entry)
        return True

    def send(self, cycle, packets):
        """Packets raised in one cycle: one after the other."""
        busy = self.sizes.output_cycles + sum(self.handshake[2:])
        for k, word in enumerate(packets):
            self.packets.append((cycle + 1 + k * (busy + 1), word))
        if packets:
            self.link_free = cycle + len(packets) * (busy + 1)

    def close(self, start, phase, end, *accesses):
        """Note a phase; returns the cycle after it."""
        self.segments.append((start, phase, end - start, *(accesses or (0, 0, 0, 0))))
        return end

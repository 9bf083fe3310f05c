# Preparation in shards: each is a job of its own, and one more makes a data set of them. Started by `medssl study prepare`, which
# checks the words; shards that are done look at their scans again and prepare what is new.
import shlex
import sys


include: "interrupts.smk"


SHARDS = int(config["shards"])
WORDS = [config.get("python", sys.executable), "-W", "ignore", "-m", "medssl", "prepare", *shlex.split(config["words"])]
PREPARE = f"cd {shlex.quote(config['cwd'])} && {shlex.join(WORDS)}".replace("{", "{{").replace("}", "}}")


rule merged:
    input:
        expand("shard-{number}.done", number=range(1, SHARDS + 1)),
    output:
        touch("merged.done"),
    resources:
        runtime=60,
        mem_mb=8_000,
    shell:
        PREPARE + " --shard merge/" + str(SHARDS)


rule shard:
    output:
        touch("shard-{number}.done"),
    resources:
        runtime=24 * 60,
        mem_mb=16_000,
    shell:
        PREPARE + " --shard {wildcards.number}/" + str(SHARDS)

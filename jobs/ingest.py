"""The same as `pipeline ingest` on a cluster: spark-submit jobs/ingest.py -c conf/house_prices.yaml"""

import sys

from pipeline.cli import main

if __name__ == "__main__":
    sys.exit(main(["ingest", *sys.argv[1:]]))

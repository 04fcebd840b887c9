# SPDX-License-Identifier: ISC
"""Certificates for servers of tests."""

import subprocess


def make_certificate(top, name, host):
    """Signed by itself; its file and its key's."""
    files = top / f"{name}.pem", top / f"{name}.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
                    "-subj", f"/CN={host}", "-addext",
                    f"subjectAltName={host}", "-keyout", files[1],
                    "-out", files[0]], check=True, capture_output=True,
                   timeout=60)
    return files

"""The report's tables: every answer that needs no learning, figure by figure."""

import re

from medssl.demo.tables import answers_table


def test_each_answer_has_a_line_and_each_figure_a_column():
    metrics = {"mse": 0.02, "mse_constant": 0.04, "mse_copy": 0.09, "ssim": 0.5, "ssim_copy": 0.1}
    page = answers_table(
        {**metrics, "corrupted_mse": 0.03, "corrupted_mse_copy": 0.2, "skill": 0.5}
    )
    cells = [re.findall("<t[hd]>(.*?)</t[hd]>", row) for row in re.findall("<tr>(.*?)</tr>", page)]
    assert cells == [
        ["answer", "error (MSE)", "SSIM", "error (MSE), corrupted voxels"],
        ["the network", "0.02", "0.5", "0.03"],
        ["the best constant", "0.04", "-", "-"],
        ["copying the input", "0.09", "0.1", "0.2"],
    ]

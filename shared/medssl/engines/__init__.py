"""What the bundles' configs plug into MONAI's engines."""

from .batch_norm import BatchNormShift, recollect_bn
from .batches import ClassificationBatch, PretextBatch, SegmentationBatch, apply_window
from .candidates import CandidateFROC, ChannelwiseInferer, SaveCandidates
from .case_tables import CaseTables
from .checkpoint import Checkpoint
from .claim import start_run
from .class_figures import ClassFigures
from .clock import StepClock, StepTime
from .crop_report import report_crops
from .early_stop import EarlyStop
from .ema import UpdateTarget
from .guard import guard_command_line
from .inferers import AutocastInferer
from .kernels import settle
from .load_network import LoadModel, LoadTrainingNetwork
from .model_file import SaveModel
from .precision import chosen_precision
from .predictions import ClassReport, SavePredictions
from .process_group import leave_process_group, validation_sampler
from .recollect import RecollectBN
from .record import SaveRecord
from .sampling import EpochStream, stream_loader
from .scan_evaluator import ScanEvaluator
from .schemes import FineTuningScheme
from .sliding_window import AutocastSlidingWindowInferer, PointInferer
from .tables import SaveMetrics, SaveTable
from .tensorboard import TensorBoardLog
from .trace import TrainingLog, read_metrics, read_times, read_trace
from .trained import Trained, own_settings
from .trained_checks import check_config, check_trained
from .unmasked import UnmaskedEpochs

__all__ = [
    "AutocastInferer",
    "AutocastSlidingWindowInferer",
    "BatchNormShift",
    "CandidateFROC",
    "CaseTables",
    "ChannelwiseInferer",
    "Checkpoint",
    "ClassFigures",
    "ClassReport",
    "ClassificationBatch",
    "EarlyStop",
    "EpochStream",
    "FineTuningScheme",
    "LoadModel",
    "LoadTrainingNetwork",
    "PointInferer",
    "PretextBatch",
    "RecollectBN",
    "SaveCandidates",
    "SaveMetrics",
    "SaveModel",
    "SavePredictions",
    "SaveRecord",
    "SaveTable",
    "ScanEvaluator",
    "SegmentationBatch",
    "StepClock",
    "StepTime",
    "TensorBoardLog",
    "Trained",
    "TrainingLog",
    "UnmaskedEpochs",
    "UpdateTarget",
    "apply_window",
    "check_config",
    "check_trained",
    "chosen_precision",
    "guard_command_line",
    "leave_process_group",
    "own_settings",
    "read_metrics",
    "read_times",
    "read_trace",
    "recollect_bn",
    "report_crops",
    "settle",
    "start_run",
    "stream_loader",
    "validation_sampler",
]

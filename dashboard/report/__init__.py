"""Figures, values and reports that leave the dashboard: drawn by Matplotlib on this computer, without a browser.

From a question to a file:

    query parameters or arguments ─▶ ExportRequest ─▶ collect ─▶ ReportView
    ReportView ─▶ layouts, paper_figures, pdf_report ─▶ PageCanvas ─▶ bytes
               └▶ values ─▶ bytes

Below `collect` everything is a pure function of a `ReportView`.
"""

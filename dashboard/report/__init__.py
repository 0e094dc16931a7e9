"""Figures, values and reports that leave the dashboard: drawn by Matplotlib on this computer, without a browser.

From a question to a file:

    words (address or command line) ─▶ ExportRequest ─▶ collect ─▶ View
    View ─▶ layouts, paper_figures, pdf_report ─▶ PageCanvas ─▶ bytes
         └▶ values ─▶ bytes

Below `gather` everything is a pure function of a `ReportView`.
"""

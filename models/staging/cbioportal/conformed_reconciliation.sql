-- raw = current + superseded + duplicate + quarantined, file by file; a study folder retracts nothing
{{ rows_reconciled('cbioportal', study_tables()) }}

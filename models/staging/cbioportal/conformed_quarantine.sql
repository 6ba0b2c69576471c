-- every row that was set aside, with where it stands in the study's files
{{ rows_quarantined('cbioportal', study_tables()) }}

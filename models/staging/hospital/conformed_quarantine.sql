-- every row that was set aside, with where it stands in the hospital's files
{{ rows_quarantined('hospital', hospital_tables()) }}

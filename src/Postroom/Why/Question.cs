using System.Globalization;
using System.Text.RegularExpressions;
using Postroom.Mail.Audit;

namespace Postroom.Why;

/// <summary>A filter taken apart: whom, about what, from where, when, and what became of it.</summary>
internal sealed partial record Question(
    IReadOnlyList<Term> Who, IReadOnlyList<Term> What, IReadOnlyList<Term> Source, IReadOnlyList<Term> When,
    IReadOnlyList<Term> Rest)
{
    public static Question Of(Filter filter)
    {
        var groups = filter.Terms.ToLookup(GroupOf);
        return new Question([.. groups[Group.Who]], [.. groups[Group.What]], [.. groups[Group.Source]],
            [.. groups[Group.When]], [.. groups[Group.Rest]]);
    }

    /// <summary>
    /// A word alone that is an address or looks like the key of an issue is meant as one: that is what an index finds,
    /// and what can be spoken of.
    /// </summary>
    /// <param name="found">Whether anything is about such an item.</param>
    public static Filter Meant(Filter filter, Func<Term, bool> found) => new([.. filter.Terms.Select(term =>
        term.Field != Field.Words ? term
        : Address().IsMatch(term.Value) ? term with { Field = Field.To }
        : Key().IsMatch(term.Value) && term with { Field = Field.Issue, Not = false } is var issue && found(issue)
            ? issue with { Not = term.Not }
            : term)]);

    /// <summary>Everything that was asked.</summary>
    public Filter Whole => With(Who, What, Source, When, Rest);

    public static Filter With(params IReadOnlyList<Term>[] groups) => new([.. groups.SelectMany(group => group)]);

    /// <summary>Those whom it is about, in words: <c>alice@example.com</c>.</summary>
    public string WhoText => string.Join(" and ", Who.Select(term => term.Value));

    /// <summary>What it is about, with its preposition: <c>about PROJ-123</c>; empty where nothing was asked.</summary>
    public string WhatText => string.Join(" and ", What.Select(Text));

    public string SourceText => string.Join(" and ", Source.Select(Text));

    public string WhenText => string.Join(" and ", When.Select(Text));

    /// <summary>As it is written in a filter.</summary>
    public static string Written(IEnumerable<Term> terms) => string.Join(' ', terms.Select(term =>
    {
        var value = term.Field is Field.Before or Field.After // of an age, too: what it was when it was asked
            ? term.Instant.ToString("yyyy-MM-ddTHH:mmzzz", CultureInfo.InvariantCulture)
            : term.Value.Any(char.IsWhiteSpace) ? $"\"{term.Value}\"" : term.Value;
        var field = term.Field == Field.Words ? "" : term.Field.ToString().ToLowerInvariant() + ":";
        return $"{(term.Not ? "-" : "")}{field}{value}";
    }));

    private enum Group { Who, What, Source, When, Rest }

    private static Group GroupOf(Term term) => term switch
    {
        { Not: true } => Group.Rest,
        { Field: Field.To or Field.Addressed } => Group.Who,
        { Field: Field.Issue or Field.Subject or Field.Words or Field.Id } => Group.What,
        { Field: Field.App or Field.Instance or Field.Node or Field.Project or Field.Source or Field.From } =>
            Group.Source,
        { Field: Field.Before or Field.After } => Group.When,
        _ => Group.Rest,
    };

    private static string Text(Term term) => term.Field switch
    {
        Field.Issue => $"about {term.Value}",
        Field.Subject => $"with “{term.Value}” in its subject",
        Field.Words => $"with “{term.Value}” in its subject or addresses",
        Field.Id => $"with the id {term.Value}",
        Field.Project => $"of project {term.Value}",
        Field.Node => $"of node {term.Value}",
        Field.Before or Field.After when Ages.TryGetValue(term.Field, out var words)
            && term.Value.Any(char.IsAsciiLetter) && !term.Value.Contains('T', StringComparison.Ordinal) =>
            $"{words} {term.Value.TrimStart('<', '>')}",
        Field.Before => $"before {term.Value}",
        Field.After => $"since {term.Value}",
        _ => $"from {term.Value}",
    };

    private static readonly Dictionary<Field, string> Ages = new()
    {
        [Field.Before] = "older than", [Field.After] = "in the last",
    };

    [GeneratedRegex(@"^[^@\s*]+@[^@\s*]+\.[^@\s*]+$")]
    private static partial Regex Address();

    [GeneratedRegex(@"^([A-Za-z][A-Za-z0-9_]+-[0-9]+|[\w./-]*[#!][0-9]+)$")]
    private static partial Regex Key();
}

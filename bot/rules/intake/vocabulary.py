"""Words that ask and name nothing."""

from bot.text.normalize import word_set

IDLE = word_set(  # words that ask, and name nothing
    """
    write draft send create make prepare do does need want would like could can you please me
    us i we a an the some something anything for about on to of our my is are was be now this
    that these with and it in by as at or up new out short quick nice good great launch
    launching announce announcing tell inform remind promote promoting presenting present sell
    selling through clear clearing back stock available again win copy text message post
    campaign piece help hello hi hey thanks thank bonjour salut coucou merci test ok yes no
    from let's let its it's they them their arrives arriving must say sale sales promo
    everything all customers clients & + écris écrire écrivez rédige rédiger rédigez fais
    faire faites prépare préparer préparez crée créer propose proposer il moi te nous faut
    faudrait je j' veux voudrais aimerais besoin peux tu pourrais pourriez un une le la les l'
    des du de d' pour sur notre nos ma mon mes ce cette ces s' s'il si plaît plait vous stp
    svp avec et en à au aux est sont nouveau nouvelle nouveaux nouvelles nouvel court courte
    petit petite lancement lancer lance annoncer annonce annonçant retour sortie sort dispo
    disponible texte copie quelque chose aide aider qui que dont par dans arrive arrivent
    revient reviennent promotion promouvoir présenter présente vendre écouler relancer relance
    communication communiquer campagne faisons parler parle tout toute soldes pr es invitation
    inviter rewrite rewritten redo réécrire refaire reformuler revenir nouveauté nouveautés
    """
)
